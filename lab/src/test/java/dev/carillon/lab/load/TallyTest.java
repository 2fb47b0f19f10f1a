package dev.carillon.lab.load;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TallyTest {
    private final Tally tally = new Tally(2);

    @Test
    void what_is_skipped_is_missing() {
        take(1, 2, 5, 6);

        assertThat(tally.missing(0, 8)).isEqualTo(4);
        assertThat(tally.has(0, 2)).isTrue();
        assertThat(tally.has(0, 4)).isFalse();
        assertThat(tally.has(0, 7)).isFalse();
        assertThat(tally.received()).isEqualTo(4);
        assertThat(tally.missing(1, 3)).isEqualTo(3);
    }

    @Test
    void what_comes_again_is_double_and_no_delivery() {
        take(1, 2, 4);

        assertThat(tally.take(0, 2)).isFalse();
        assertThat(tally.take(0, 4)).isFalse();

        assertThat(tally.doubled()).isEqualTo(2);
        assertThat(tally.outOfOrder()).isZero();
        assertThat(tally.received()).isEqualTo(3);
        assertThat(tally.missing(0, 4)).isEqualTo(1);
    }

    @Test
    void what_comes_late_is_out_of_order_and_not_missing() {
        take(1, 6, 3, 5, 4, 2);

        assertThat(tally.outOfOrder()).isEqualTo(4);
        assertThat(tally.doubled()).isZero();
        assertThat(tally.missing(0, 6)).isZero();

        assertThat(tally.take(0, 3)).isFalse();
        assertThat(tally.doubled()).isEqualTo(1);
    }

    @Test
    void the_order_over_all_lanes_is_told_apart() {
        Tally other = new Tally(2);
        tally.take(0, 1);
        tally.take(1, 1);
        other.take(1, 1);
        other.take(0, 1);

        assertThat(tally.order()).isNotEqualTo(other.order());
    }

    @Test
    void holes_beyond_the_bound_are_counted() {
        for (int i = 1; i <= 3_000; i++) {
            tally.take(0, i * 2L);
        }

        assertThat(tally.missing(0, 6_000)).isEqualTo(3_000);
    }

    private void take(long... sequences) {
        for (long sequence : sequences) {
            assertThat(tally.take(0, sequence)).isTrue();
        }
    }
}
