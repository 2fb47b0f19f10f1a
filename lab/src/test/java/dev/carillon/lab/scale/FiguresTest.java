package dev.carillon.lab.scale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.carillon.lab.load.ProcessUse;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class FiguresTest {
    /** Two nodes, a broker, a proxy of two processes. */
    private static final List<ProcessUse> PROCESSES = List.of(
            new ProcessUse(1, 0.3, 5_000, 0),
            new ProcessUse(2, 0.1, 2_000, 0),
            new ProcessUse(3, 0.2, 800, 900),
            new ProcessUse(4, 0.4, 0, 0),
            new ProcessUse(5, 0.5, 0, 0));

    @Test
    void nodes_broker_and_proxy_are_distinguished_and_capacity_is_derived() {
        Figures figures = new Figures(SampleResults.point(2, 1_000, 10), true);
        figures.addRepeat(SampleResults.run(1_000, 4_000, PROCESSES));
        Map<Figure, Spread> all = figures.spreads();

        assertThat(median(all, Figure.FIRST_NODE_PROCESSORS)).isEqualTo(0.3);
        assertThat(median(all, Figure.OTHER_NODE_PROCESSORS)).isEqualTo(0.1);
        assertThat(median(all, Figure.OTHER_NODE_PER_EVENT)).isEqualTo(200);
        assertThat(median(all, Figure.BROKER_PROCESSORS)).isEqualTo(0.2);
        assertThat(median(all, Figure.BROKER_WRITTEN)).isEqualTo(900);
        assertThat(median(all, Figure.PROXY_PROCESSORS)).isEqualTo(0.9);
        // 1.5 processors in this sample: 1,000 · 2 / 1.5.
        assertThat(median(all, Figure.CAPACITY)).isEqualTo(1_000 * 2 / 1.5);
    }

    @Test
    void repeats_give_medians_and_what_is_below_the_noise_is_left_out() {
        Figures figures = new Figures(SampleResults.point(2, 1_000, 10), true);
        figures.addRepeat(SampleResults.run(900, 4_000, PROCESSES));
        figures.addRepeat(SampleResults.run(1_000, 3_000, PROCESSES));
        figures.addRepeat(SampleResults.run(800, 9_000, PROCESSES));
        figures.addIdle(SampleResults.run(1_000, 1, PROCESSES), 0.06);

        assertThat(figures.spreads().get(Figure.DELIVERIES)).isEqualTo(new Spread(900, 800, 1_000));
        assertThat(figures.spreads().get(Figure.P99)).isEqualTo(new Spread(4, 3, 9));
        assertThat(figures.spreads()).doesNotContainKey(Figure.IDLE_CONNECTION);
    }

    @Test
    void an_idle_connection_costs_what_the_nodes_use_more_than_without() {
        Figures figures = new Figures(SampleResults.point(2, 1_000, 10), true);
        figures.addIdle(SampleResults.run(1_000, 1, PROCESSES), 0.04);

        assertThat(median(figures.spreads(), Figure.IDLE_CONNECTION)).isCloseTo(10, within(1e-9));
    }

    private static double median(Map<Figure, Spread> figures, Figure figure) {
        return Objects.requireNonNull(figures.get(figure)).median();
    }
}
