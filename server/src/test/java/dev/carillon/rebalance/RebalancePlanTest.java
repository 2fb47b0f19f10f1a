package dev.carillon.rebalance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class RebalancePlanTest {
    @Test
    void crowded_nodes_release_what_they_have_above_the_mean() {
        assertThat(RebalancePlan.of(Map.of("a", 300, "b", 290, "c", 10), 0.05, 1)
                        .releases())
                .isEqualTo(Map.of("a", 100, "b", 90));
    }

    @Test
    void nodes_within_the_tolerance_release_nothing() {
        assertThat(RebalancePlan.of(Map.of("a", 105, "b", 100, "c", 95), 0.05, 1))
                .matches(RebalancePlan::isEmpty);
        assertThat(RebalancePlan.of(Map.of("a", 106, "b", 100, "c", 94), 0.05, 1))
                .matches(plan -> !plan.isEmpty());
    }

    @Test
    void a_difference_of_one_stream_is_even_and_so_is_an_empty_cluster() {
        assertThat(RebalancePlan.isEven(Map.of("a", 1, "b", 0, "c", 1), 0.05)).isTrue();
        assertThat(RebalancePlan.isEven(Map.of("a", 0, "b", 0), 0.05)).isTrue();
        assertThat(RebalancePlan.isEven(Map.of("a", 5, "b", 1), 0.05)).isFalse();
    }

    @Test
    void more_are_released_when_some_of_the_last_round_came_back_but_never_more_than_there_are() {
        assertThat(RebalancePlan.of(Map.of("a", 300, "b", 100), 0.05, 0.5).releases())
                .isEqualTo(Map.of("a", 200));
        assertThat(RebalancePlan.of(Map.of("a", 300, "b", 100), 0.05, 0).releases())
                .isEqualTo(Map.of("a", 300));
        assertThat(RebalancePlan.of(Map.of("a", 300, "b", 100), 0.05, -2).releases())
                .isEqualTo(Map.of("a", 300));
    }
}
