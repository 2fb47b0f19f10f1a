package dev.carillon.lab.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MemoryTrendTest {
    private static final int SAMPLES = 720;
    private static final double BASE = 300_000;

    private final Random random = new Random(7);

    @Test
    void leak_of_a_few_percent_is_growth_with_its_slope() {
        // 12,000 KiB in an hour, with noise of 1 percent.
        MemoryTrend trend = trend(i -> BASE + 12_000.0 * i / SAMPLES + noise(3_000));

        assertThat(trend.verdict()).isEqualTo(MemoryTrend.Verdict.GROWING);
        assertThat(trend.slope()).isCloseTo(12_000, within(1_500.0));
        assertThat(trend.endKib()).isGreaterThan(trend.startKib());
    }

    @Test
    void plateau_with_noise_is_flat() {
        MemoryTrend trend = trend(i -> BASE + noise(6_000));

        assertThat(trend.verdict()).isEqualTo(MemoryTrend.Verdict.FLAT);
        assertThat(trend.slope()).isCloseTo(0, within(2_000.0));
    }

    @Test
    void warm_up_is_not_growth() {
        MemoryTrend trend = trend(i -> (i < SAMPLES / 6 ? BASE * i / (SAMPLES / 6.0) : BASE) + noise(1_000));

        assertThat(trend.verdict()).isEqualTo(MemoryTrend.Verdict.FLAT);
    }

    @Test
    void step_to_a_new_plateau_is_flat_and_does_not_move_the_slope_far() {
        MemoryTrend trend = trend(i -> (i < SAMPLES / 3 ? BASE : BASE * 1.1));

        assertThat(trend.verdict()).isEqualTo(MemoryTrend.Verdict.FLAT);
    }

    @Test
    void few_samples_are_too_short_for_a_verdict() {
        MemoryTrend trend = new MemoryTrend(IntStream.range(0, 20)
                .mapToObj(i -> new MemoryTrend.Sample(i, 1_000 + i))
                .toList());

        assertThat(trend.verdict()).isEqualTo(MemoryTrend.Verdict.TOO_SHORT);
        assertThat(trend.slope()).isEqualTo(3_600);
        assertThat(new MemoryTrend(List.of()).slope()).isZero();
    }

    private double noise(double width) {
        return (random.nextDouble() - 0.5) * width;
    }

    /** One hour of samples. */
    private static MemoryTrend trend(IntToDoubleFunction kib) {
        return new MemoryTrend(IntStream.range(0, SAMPLES)
                .mapToObj(i -> new MemoryTrend.Sample(i * 5.0, (long) kib.applyAsDouble(i)))
                .toList());
    }
}
