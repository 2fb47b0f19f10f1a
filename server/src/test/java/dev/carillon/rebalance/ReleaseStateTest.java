package dev.carillon.rebalance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReleaseStateTest {
    @Test
    void steps_release_the_rate_and_in_the_end_exactly_the_number() {
        ReleaseState state = new ReleaseState.Releasing(10, 25, 0);
        int sum = 0;
        int steps = 0;
        while (state instanceof ReleaseState.Releasing releasing) {
            assertThat(releasing.due(0.1)).isBetween(0, 3);
            sum += releasing.due(0.1);
            state = releasing.after(0.1);
            steps++;
        }
        assertThat(sum).isEqualTo(10);
        assertThat(steps).isBetween(4, 5);
    }

    @Test
    void a_rate_below_one_for_each_step_waits_for_whole_streams() {
        ReleaseState.Releasing slow = new ReleaseState.Releasing(2, 4, 0);
        assertThat(slow.due(0.1)).isZero();
        assertThat(slow.after(0.1)).isInstanceOf(ReleaseState.Releasing.class);
    }
}
