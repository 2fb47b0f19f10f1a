package dev.carillon.lab.load;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DeliveryRecordTest {
    private final DeliveryRecord deliveries = new DeliveryRecord(2);

    @Test
    void skipped_sequences_are_missing() {
        record(1, 2, 5, 6);

        assertThat(deliveries.missing(0, 8)).isEqualTo(4);
        assertThat(deliveries.contains(0, 2)).isTrue();
        assertThat(deliveries.contains(0, 4)).isFalse();
        assertThat(deliveries.contains(0, 7)).isFalse();
        assertThat(deliveries.received()).isEqualTo(4);
        assertThat(deliveries.missing(1, 3)).isEqualTo(3);
    }

    @Test
    void repeated_sequences_are_duplicates_and_not_received() {
        record(1, 2, 4);

        assertThat(deliveries.record(0, 2)).isFalse();
        assertThat(deliveries.record(0, 4)).isFalse();

        assertThat(deliveries.duplicates()).isEqualTo(2);
        assertThat(deliveries.outOfOrder()).isZero();
        assertThat(deliveries.received()).isEqualTo(3);
        assertThat(deliveries.missing(0, 4)).isEqualTo(1);
    }

    @Test
    void late_sequences_are_out_of_order_and_not_missing() {
        record(1, 6, 3, 5, 4, 2);

        assertThat(deliveries.outOfOrder()).isEqualTo(4);
        assertThat(deliveries.duplicates()).isZero();
        assertThat(deliveries.missing(0, 6)).isZero();

        assertThat(deliveries.record(0, 3)).isFalse();
        assertThat(deliveries.duplicates()).isEqualTo(1);
    }

    @Test
    void order_hash_depends_on_the_order_across_publishers() {
        DeliveryRecord other = new DeliveryRecord(2);
        deliveries.record(0, 1);
        deliveries.record(1, 1);
        other.record(1, 1);
        other.record(0, 1);

        assertThat(deliveries.orderHash()).isNotEqualTo(other.orderHash());
    }

    @Test
    void gaps_beyond_the_bound_are_counted() {
        for (int i = 1; i <= 3_000; i++) {
            deliveries.record(0, i * 2L);
        }

        assertThat(deliveries.missing(0, 6_000)).isEqualTo(3_000);
    }

    private void record(long... sequences) {
        for (long sequence : sequences) {
            assertThat(deliveries.record(0, sequence)).isTrue();
        }
    }
}
