package dev.carillon.broker.nats.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.broker.Epoch;
import dev.carillon.scope.Position;
import org.junit.jupiter.api.Test;

class EpochsTest {
    private static final Epochs FIRST = Epochs.NONE.open(1_000, 0, "s1", "c1");

    @Test
    void opening_ends_the_one_before_at_the_last_sequence() {
        Epochs two = FIRST.open(2_000, 10, "s2", "c1");

        assertThat(two.told()).containsExactly(new Epoch(1_000, 0, 10), new Epoch(2_000, 10, Long.MAX_VALUE));
    }

    @Test
    void id_rises_also_when_the_clock_goes_back() {
        assertThat(FIRST.open(500, 10, "s2", "c1").told().getLast().id()).isEqualTo(1_001);
    }

    @Test
    void only_the_open_one_of_this_process_and_this_stream_is_gone_on_with() {
        Epochs.Entry open = FIRST.entries().getLast();

        assertThat(open.isOf("s1", "c1")).isTrue();
        assertThat(open.isOf("s2", "c1")).isFalse();
        assertThat(open.isOf("s1", "c2")).isFalse();
    }

    @Test
    void record_that_fell_back_does_not_bring_back_what_was_lost() {
        // Until 10 in the first, until 60 in the second; then a copy from before the second comes back, with 10 in it.
        Epochs remembered = FIRST.open(2_000, 10, "s2", "c1");
        Epochs restored = FIRST;

        Epochs now = restored.with(remembered).open(3_000, 8, "s3", "c1");

        assertThat(now.told())
                .containsExactly(new Epoch(1_000, 0, 8), new Epoch(2_000, 8, 8), new Epoch(3_000, 8, Long.MAX_VALUE));
        assertThat(now.resume(new Position(1_000, 8, 0), 20)).isEqualTo(new Epochs.Resume(8, false));
        assertThat(now.resume(new Position(1_000, 9, 0), 20)).isEqualTo(new Epochs.Resume(8, true));
        assertThat(now.resume(new Position(2_000, 30, 0), 20)).isEqualTo(new Epochs.Resume(8, true));
    }

    @Test
    void record_of_a_node_that_did_not_know_ends_what_was_remembered() {
        Epochs made = Epochs.NONE.open(3_000, 0, "s3", "c3");

        Epochs known = made.with(FIRST.open(2_000, 10, "s2", "c1"));

        assertThat(known.resume(new Position(2_000, 4, 0), 20)).isEqualTo(new Epochs.Resume(0, true));
        assertThat(known.resume(new Position(1_000, 4, 0), 20)).isEqualTo(new Epochs.Resume(0, true));
        assertThat(known.told().stream().filter(Epoch::open)).hasSize(1);
    }

    @Test
    void unknown_epoch_and_position_beyond_the_head_are_not_taken() {
        assertThat(FIRST.resume(new Position(7, 1, 0), 20)).isNull();
        assertThat(FIRST.resume(new Position(1_000, 21, 0), 20)).isEqualTo(new Epochs.Resume(20, true));
        assertThat(FIRST.holds(new Position(1_000, 20, 0), 20)).isTrue();
        assertThat(FIRST.holds(new Position(1_000, 21, 0), 20)).isFalse();
    }

    @Test
    void record_is_read_as_it_was_written_and_is_bounded() {
        Epochs many = Epochs.NONE;
        for (int i = 0; i < 500; i++) {
            many = many.open(i, i, "s" + i, "c");
        }

        assertThat(Epochs.decode(many.encode())).isEqualTo(many);
        assertThat(many.told()).hasSize(200);
    }
}
