package dev.carillon.lab.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.lab.scale.PointResult;
import dev.carillon.lab.scale.SampleResults;
import dev.carillon.lab.scale.ScalePoint;
import dev.carillon.lab.scale.Sweep;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScalePageTest {
    private static final List<PointResult> RESULTS = List.of(
            SampleResults.measured(SampleResults.point(1, 100, 10), 50_000),
            SampleResults.measured(SampleResults.point(2, 100, 10), 95_000),
            SampleResults.measured(SampleResults.point(4, 100, 10), 170_000));
    private static final List<ScalePoint> LEFT = List.of(SampleResults.point(8, 100, 10));

    @Test
    void the_text_names_points_by_what_differs_and_marks_what_is_derived() {
        String text = new ScaleTable(new Sweep.Result(RESULTS, LEFT, "it was stopped")).text();

        assertThat(text)
                .contains("All points: I/O threads by default, connections 100, broadcasts/s 10")
                .contains("p99 ms (m)", "us/delivery (m)")
                .containsPattern("\nnodes 2 +12\\.5 +7\\.00\n")
                .contains("derived, universal scalability law: all points: one node ")
                .contains("1 of 4 points were not measured: it was stopped; continue with --resume");
    }

    @Test
    void the_page_has_spread_origin_and_the_other_run_of_each_figure() {
        PointResult other = SampleResults.measured(SampleResults.point(2, 100, 10), 190_000);

        String html = new ScalePage(new Sweep.Result(RESULTS, List.of(), ""), List.of(other)).html();

        assertThat(html)
                .contains("width=device-width")
                .contains("microseconds <span class='tag'>measured</span></td><td>7.00<br><small>5.00 to 9.00</small>")
                .contains("used all of it <span class='tag derived'>derived</span></td><td>95,000"
                        + "<br><small>other run 190,000, -50 %</small>")
                .doesNotContain("<script", "http://", "https://");
        assertThat(html.split("<div class='card'>")).hasSize(4);
    }
}
