package dev.carillon.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SampleRingTest {
    private static final long START = 1_800_000_000L;

    private final SampleRing ring = new SampleRing();

    private static float[] sample(float value) {
        float[] sample = new float[Series.ALL.size()];
        Arrays.fill(sample, value);
        return sample;
    }

    private JsonNode points(ObjectNode hour, Series series) {
        return hour.path("series").path(series.member());
    }

    @Test
    void each_series_has_its_own_place() {
        assertThat(Series.ALL).extracting(Series::index).doesNotHaveDuplicates();
        assertThat(Series.ALL).allSatisfy(each -> assertThat(each.index()).isBetween(0, Series.ALL.size() - 1));
        assertThat(Series.ALL).extracting(Series::member).doesNotHaveDuplicates();
        assertThat(SampleRing.BYTES).isEqualTo(Series.ALL.size() * SampleRing.SECONDS * Float.BYTES);
    }

    @Test
    void hour_without_samples_is_empty() {
        ObjectNode hour = ring.hour(START);

        assertThat(points(hour, Series.CONNECTIONS)).hasSize(SampleRing.POINTS).allMatch(JsonNode::isNull);
        assertThat(hour.path("from").asLong() % SampleRing.STEP).isZero();
    }

    @Test
    void points_have_the_mean_or_the_worst_second() {
        for (int second = 0; second < SampleRing.STEP; second++) {
            ring.add(START + second, sample(second));
        }

        ObjectNode hour = ring.hour(START + SampleRing.STEP - 1);

        assertThat(points(hour, Series.CONNECTIONS).path(SampleRing.POINTS - 1).asDouble())
                .isEqualTo((SampleRing.STEP - 1) / 2.0);
        assertThat(points(hour, Series.P99).path(SampleRing.POINTS - 1).asDouble())
                .isEqualTo(SampleRing.STEP - 1);
        assertThat(points(hour, Series.P99).path(SampleRing.POINTS - 2).isNull())
                .isTrue();
    }

    @Test
    void hour_moves_on_and_keeps_no_older_sample() {
        for (int second = 0; second < 3 * SampleRing.SECONDS; second++) {
            ring.add(START + second, sample(second < SampleRing.SECONDS ? 7 : 1));
        }

        ObjectNode hour = ring.hour(START + 3L * SampleRing.SECONDS - 1);

        assertThat(points(hour, Series.CONNECTIONS)).hasSize(SampleRing.POINTS).allMatch(point -> point.asInt() == 1);
    }

    @Test
    void seconds_without_a_sample_are_empty_also_after_a_long_pause() {
        ring.add(START, sample(1));
        ring.add(START + 100, sample(2));
        ObjectNode hour = ring.hour(START + 100);
        int last = SampleRing.POINTS - 1;
        assertThat(points(hour, Series.CPU).path(last).asInt()).isEqualTo(2);
        assertThat(points(hour, Series.CPU).path(last - 1).isNull()).isTrue();
        assertThat(points(hour, Series.CPU).path(last - 10).asInt()).isEqualTo(1);

        ring.add(START + 100_000, sample(3));

        assertThat(points(ring.hour(START + 100_000), Series.CPU).valueStream().filter(point -> !point.isNull()))
                .hasSize(1);
        assertThat(points(ring.hour(START + 200_000), Series.CPU)).allMatch(JsonNode::isNull);
    }

    @Test
    void clock_that_is_set_back_leaves_the_newer_samples() {
        ring.add(START + 60, sample(1));
        ring.add(START + 20, sample(2));

        JsonNode points = points(ring.hour(START + 60), Series.CPU);

        assertThat(points.path(SampleRing.POINTS - 1).asInt()).isEqualTo(1);
        assertThat(points.path(SampleRing.POINTS - 5).asInt()).isEqualTo(2);
    }

    @Test
    void unknown_numbers_are_left_out_of_a_point() {
        ring.add(START, sample(Float.NaN));
        ring.add(START + 1, sample(4));

        assertThat(points(ring.hour(START + 1), Series.CONNECTIONS)
                        .path(SampleRing.POINTS - 1)
                        .asInt())
                .isEqualTo(4);
    }
}
