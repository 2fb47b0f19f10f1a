package dev.carillon.lab.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.lab.load.FanoutResult;
import dev.carillon.lab.load.Strain;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class FanoutPageTest {
    /** Whatever a browser would fetch. */
    private static final Pattern FETCHED = Pattern.compile(
            "(?i)<(script|link|img|iframe|object|embed|image|use|base)\\b|\\b(src|href|srcset)\\s*=|url\\(|@import");

    @Test
    void it_needs_nothing_else() {
        String html = new FanoutPage(result(
                        List.of(second(1, 900), second(2, 1_200)),
                        List.of(
                                new FanoutResult.Point(0, 800),
                                new FanoutResult.Point(0.5, 900),
                                new FanoutResult.Point(0.999, 12_000))))
                .html();

        assertThat(FETCHED.matcher(html).results()).isEmpty();
        assertThat(html).doesNotContain("http:", "https:", "NaN", "Infinity");
    }

    @Test
    void it_has_plots_with_labels_in_light_and_in_dark_and_the_verdict() {
        String html = new FanoutPage(result(
                        List.of(second(1, 900), second(2, 1_200)),
                        List.of(new FanoutResult.Point(0, 800), new FanoutResult.Point(0.999, 12_000))))
                .html();

        assertThat(html.split("<svg ", -1)).hasSize(4);
        assertThat(html)
                .contains("prefers-color-scheme: dark", "99.9 %", ">ms<", "deliveries a second", "seconds, warm-up");
        assertThat(html).contains("<li class='bad'>INVALID: starved &lt;by us&gt;</li>", "<li class='bad'>ENDED EARLY");
        assertThat(html).contains("<polyline points='");
    }

    @Test
    void a_run_that_ended_before_anything_was_measured_has_a_page_too() {
        String html = new FanoutPage(result(List.of(), List.of())).html();

        assertThat(html).doesNotContain("NaN", "Infinity").contains("</html>");
    }

    @Test
    void the_table_tells_what_counts() {
        String text = new FanoutTable(result(List.of(), List.of())).text();

        assertThat(text).contains("INVALID: starved <by us>", "ENDED EARLY", "NOT CLEAN", "note: a note");
        assertThat(text)
                .containsPattern("missing +3\n")
                .containsPattern("99 % +4.00\n")
                .containsPattern("delivery, us +7.500\n")
                .containsPattern("policy drop-oldest\n.*\n.*\n +events dropped +21\n +events missing.* 22\n")
                .containsPattern("at the highest +23\n.* 24\n");
    }

    private static FanoutResult.Second second(int at, long micros) {
        return new FanoutResult.Second(at, true, 1_000 * at, micros, micros * 2, micros * 3);
    }

    private static FanoutResult result(List<FanoutResult.Second> seconds, List<FanoutResult.Point> curve) {
        return result(997, new FanoutResult.Nodes(7.5, 0.4, 50, 100 << 20, 5_000, 2_500.0), seconds, curve);
    }

    static FanoutResult result(long deliveries, FanoutResult.Nodes nodes) {
        return result(deliveries, nodes, List.of(), List.of());
    }

    private static FanoutResult result(
            long deliveries,
            FanoutResult.Nodes nodes,
            List<FanoutResult.Second> seconds,
            List<FanoutResult.Point> curve) {
        return new FanoutResult(
                new FanoutResult.Setup(
                        "2026-01-01T00:00:00Z", "a machine", "sse", false, 1, 10, 0, 1, 100, 50, 64, 1, 2),
                false,
                List.of("starved <by us>"),
                false,
                true,
                List.of("a note"),
                new FanoutResult.Connections(10, 100, 0, 0, 0),
                new FanoutResult.Broadcasts(100, 100, 0, 0, 50),
                new FanoutResult.Accounting(1_000, 997, 3, 0, 0, 0, 0, 0, 0),
                new FanoutResult.Throughput(2, deliveries, deliveries / 2.0, 120),
                new FanoutResult.Latency(deliveries, 1_000, 2_000, 4_000, 5_000, 6_000, 1_100),
                nodes,
                new FanoutResult.Slow("drop-oldest", 0, 21, 22, 0, 0, 23, 24),
                new Strain(0.1, 0.1, 10, 100, 1_000),
                seconds,
                curve);
    }
}
