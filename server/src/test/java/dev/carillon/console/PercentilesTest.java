package dev.carillon.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class PercentilesTest {
    private final Timer timer = Timer.builder("t")
            .serviceLevelObjectives(Duration.ofMillis(1), Duration.ofMillis(5), Duration.ofMillis(100))
            .register(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
    private final Percentiles percentiles = new Percentiles();

    private void add(int count, Duration each) {
        for (int i = 0; i < count; i++) {
            timer.record(each);
        }
    }

    @Test
    void percentiles_are_those_since_the_last_reading() {
        add(1_000, Duration.ofMillis(50));
        percentiles.read(timer);
        assertThat(percentiles.at(0.5)).isNaN();

        add(98, Duration.ofNanos(500_000));
        add(2, Duration.ofMillis(50));
        percentiles.read(timer);

        assertThat(percentiles.at(0.5)).isEqualTo(0.51f, within(0.02f));
        assertThat(percentiles.at(0.99)).isBetween(5f, 100f);
    }

    @Test
    void second_without_deliveries_has_none() {
        percentiles.read(timer);
        add(1, Duration.ofMillis(2));
        percentiles.read(timer);
        assertThat(percentiles.at(0.5)).isBetween(1f, 5f);

        percentiles.read(timer);

        assertThat(percentiles.at(0.5)).isNaN();
    }

    @Test
    void what_is_above_every_bound_counts_as_the_last_one() {
        percentiles.read(timer);
        add(10, Duration.ofSeconds(3));
        percentiles.read(timer);

        assertThat(percentiles.at(0.99)).isEqualTo(100f);
    }
}
