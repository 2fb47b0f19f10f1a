package dev.carillon.lab.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.lab.load.FanoutResult;
import dev.carillon.lab.load.GeneratorLoad;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class FanoutPageTest {
    /** Markup for which a browser would fetch something. */
    private static final Pattern FETCHED = Pattern.compile(
            "(?i)<(script|link|img|iframe|object|embed|image|use|base)\\b|\\b(src|href|srcset)\\s*=|url\\(|@import");

    @Test
    void page_is_self_contained() {
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
    void page_has_labelled_plots_for_both_colour_schemes_and_the_verdict() {
        String html = new FanoutPage(result(
                        List.of(second(1, 900), second(2, 1_200)),
                        List.of(new FanoutResult.Point(0, 800), new FanoutResult.Point(0.999, 12_000))))
                .html();

        assertThat(html.split("<svg ", -1)).hasSize(4);
        assertThat(html).contains("prefers-color-scheme: dark", "99.9 %", ">ms<", "deliveries/s", "seconds, warm-up");
        assertThat(html).contains("<li class='bad'>INVALID: starved &lt;by us&gt;</li>", "<li class='bad'>ENDED EARLY");
        assertThat(html).contains("<polyline points='");
    }

    @Test
    void a_run_without_measurements_has_a_page() {
        String html = new FanoutPage(result(List.of(), List.of())).html();

        assertThat(html).doesNotContain("NaN", "Infinity").contains("</html>");
    }

    @Test
    void table_has_the_figures_and_the_verdict() {
        String text = new FanoutTable(result(List.of(), List.of())).text();

        assertThat(text).contains("INVALID: starved <by us>", "ENDED EARLY", "NOT CLEAN", "note: a note");
        assertThat(text)
                .containsPattern("missing +3\n")
                .containsPattern("p99 +4.00\n")
                .containsPattern("delivery, us +7.500\n")
                .containsPattern(
                        "policy drop-oldest\n.*\n.*\n +events dropped +21\n +events dropped, as announced.* 22\n")
                .containsPattern("outbox bytes, maximum +23\n.* 24\n");
    }

    private static FanoutResult.Second second(int at, long micros) {
        return new FanoutResult.Second(at, true, 1_000 * at, micros, micros * 2, micros * 3);
    }

    private static FanoutResult result(List<FanoutResult.Second> seconds, List<FanoutResult.Point> curve) {
        return result(997, new FanoutResult.Nodes(7.5, 0.4, 50, 100 << 20, 5_000, 2_500.0, null), seconds, curve);
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
                List.of(),
                new FanoutResult.Slow("drop-oldest", 0, 21, 22, 0, 0, 23, 24),
                new GeneratorLoad(0.1, 0.1, 10, 100, 1_000),
                seconds,
                curve);
    }
}
