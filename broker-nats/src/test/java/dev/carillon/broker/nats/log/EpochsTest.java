package dev.carillon.broker.nats.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.broker.Epoch;
import dev.carillon.scope.Position;
import org.junit.jupiter.api.Test;

class EpochsTest {
    private static final Epochs FIRST = Epochs.NONE.open(1_000, 0, "s1", "c1");

    @Test
    void opening_ends_the_previous_epoch_at_the_last_sequence() {
        Epochs two = FIRST.open(2_000, 10, "s2", "c1");

        assertThat(two.list()).containsExactly(new Epoch(1_000, 0, 10), new Epoch(2_000, 10, Long.MAX_VALUE));
    }

    @Test
    void positions_of_an_epoch_that_lost_events_are_lost_as_all_of_them_may_be() {
        Epochs two = FIRST.open(2_000, 10, TenantLogs.REPLICATED, "c1");

        Epochs now = two.endAtStart().open(3_000, 40, TenantLogs.REPLICATED, "c1");

        assertThat(now.list())
                .containsExactly(
                        new Epoch(1_000, 0, 10), new Epoch(2_000, 10, 10), new Epoch(3_000, 40, Long.MAX_VALUE));
        assertThat(now.holds(new Position(2_000, 20, 0), 60)).isFalse();
        assertThat(now.holds(new Position(1_000, 5, 0), 60)).isTrue();
        assertThat(now.holds(new Position(3_000, 50, 0), 60)).isTrue();
    }

    @Test
    void id_increases_even_when_the_clock_is_set_back() {
        assertThat(FIRST.open(500, 10, "s2", "c1").list().getLast().id()).isEqualTo(1_001);
    }

    @Test
    void only_the_open_epoch_of_this_process_and_stream_continues() {
        Epochs.Entry open = FIRST.entries().getLast();

        assertThat(open.isOf("s1", "c1")).isTrue();
        assertThat(open.isOf("s2", "c1")).isFalse();
        assertThat(open.isOf("s1", "c2")).isFalse();
    }

    @Test
    void restored_record_does_not_restore_lost_positions() {
        // Up to 10 in the first epoch, up to 60 in the second; then a copy from before the second, up to 10, is
        // restored.
        Epochs remembered = FIRST.open(2_000, 10, "s2", "c1");
        Epochs restored = FIRST;

        Epochs now = restored.with(remembered).open(3_000, 8, "s3", "c1");

        assertThat(now.list())
                .containsExactly(new Epoch(1_000, 0, 8), new Epoch(2_000, 8, 8), new Epoch(3_000, 8, Long.MAX_VALUE));
        assertThat(now.resume(new Position(1_000, 8, 0), 20)).isEqualTo(new Epochs.Resume(8, false));
        assertThat(now.resume(new Position(1_000, 9, 0), 20)).isEqualTo(new Epochs.Resume(8, true));
        assertThat(now.resume(new Position(2_000, 30, 0), 20)).isEqualTo(new Epochs.Resume(8, true));
    }

    @Test
    void record_of_an_uninformed_node_ends_remembered_epochs() {
        Epochs made = Epochs.NONE.open(3_000, 0, "s3", "c3");

        Epochs known = made.with(FIRST.open(2_000, 10, "s2", "c1"));

        assertThat(known.resume(new Position(2_000, 4, 0), 20)).isEqualTo(new Epochs.Resume(0, true));
        assertThat(known.resume(new Position(1_000, 4, 0), 20)).isEqualTo(new Epochs.Resume(0, true));
        assertThat(known.list().stream().filter(Epoch::open)).hasSize(1);
    }

    @Test
    void unknown_epoch_and_position_beyond_the_head_are_refused() {
        assertThat(FIRST.resume(new Position(7, 1, 0), 20)).isNull();
        assertThat(FIRST.resume(new Position(1_000, 21, 0), 20)).isEqualTo(new Epochs.Resume(20, true));
        assertThat(FIRST.holds(new Position(1_000, 20, 0), 20)).isTrue();
        assertThat(FIRST.holds(new Position(1_000, 21, 0), 20)).isFalse();
    }

    @Test
    void record_survives_encoding_and_is_bounded() {
        Epochs many = Epochs.NONE;
        for (int i = 0; i < 500; i++) {
            many = many.open(i, i, "s" + i, "c");
        }

        assertThat(Epochs.decode(many.encode())).isEqualTo(many);
        assertThat(many.list()).hasSize(200);
    }
}
