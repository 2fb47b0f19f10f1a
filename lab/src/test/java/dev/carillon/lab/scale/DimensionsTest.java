package dev.carillon.lab.scale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.carillon.lab.scale.ScalePoint.Placement;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DimensionsTest {
    @Test
    void points_are_all_combinations_from_light_to_heavy() {
        Dimensions.Points points =
                dimensions(List.of(1, 2), List.of(10, 100), List.of("redis")).points();

        assertThat(points.impossible()).isEmpty();
        assertThat(points.points())
                .extracting(ScalePoint::nodes, ScalePoint::connections)
                .containsExactly(tuple(1, 10), tuple(2, 10), tuple(1, 100), tuple(2, 100));
    }

    @Test
    void a_combination_that_cannot_be_measured_is_left_out_with_its_reason() {
        Dimensions.Points points =
                dimensions(List.of(1, 2), List.of(10), List.of("memory")).points();

        assertThat(points.points()).extracting(ScalePoint::nodes).containsExactly(1);
        assertThat(points.impossible().values()).containsExactly("the broker in memory joins no nodes");
    }

    @Test
    void the_size_is_known_without_the_points() {
        List<Integer> many = IntStream.rangeClosed(1, 20).boxed().toList();

        assertThat(dimensions(many, many, List.of("redis", "nats")).size()).isEqualTo(800);
    }

    @Test
    void a_scope_decides_how_many_clients_receive_an_event() {
        ScalePoint point = SampleResults.point(2, 1_000, 10);

        assertThat(point.groups()).isEqualTo(10);
        assertThat(point.expectedDeliveries()).isEqualTo(1_000);
    }

    @Test
    void a_point_is_heavier_with_more_of_the_same_load() {
        ScalePoint point = SampleResults.point(2, 100, 10);

        assertThat(SampleResults.point(2, 100, 20).isHeavierThan(point)).isTrue();
        assertThat(SampleResults.point(2, 200, 20).isHeavierThan(point)).isTrue();
        assertThat(SampleResults.point(2, 200, 5).isHeavierThan(point)).isFalse();
        assertThat(SampleResults.point(4, 200, 20).isHeavierThan(point)).isFalse();
        assertThat(point.isHeavierThan(point)).isFalse();
    }

    private static Dimensions dimensions(List<Integer> nodes, List<Integer> connections, List<String> brokers) {
        return new Dimensions(
                nodes,
                List.of(0),
                connections,
                List.of(10.0),
                List.of(200),
                List.of("global"),
                brokers,
                List.of("none"),
                List.of(false),
                List.of("plain"),
                List.of("sse"),
                List.of(Placement.SPREAD));
    }
}
