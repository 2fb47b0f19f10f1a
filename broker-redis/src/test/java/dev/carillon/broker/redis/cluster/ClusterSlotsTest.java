package dev.carillon.broker.redis.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.broker.redis.cluster.ClusterSlots.Server;
import dev.carillon.broker.redis.cluster.ClusterView.Answer;
import io.lettuce.core.cluster.SlotHash;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClusterSlotsTest {
    private static final Server A = new Server("a", 1);
    private static final Server B = new Server("b", 1);

    /** {@code A} has the slots up to {@code lastOfA}, {@code B} the others. */
    private static ClusterSlots slots(long lastOfA) {
        return ClusterSlots.of(
                List.of(List.of(0L, lastOfA, List.of("a", 1L)), List.of(lastOfA + 1, 16_383L, List.of("b", 1L))), "x");
    }

    private static Answer answer(Server of, long lastOfA, String state, int epoch, int ownEpoch) {
        String info = "cluster_state:" + state + "\r\ncluster_current_epoch:" + epoch + "\r\ncluster_my_epoch:"
                + ownEpoch + "\r\n";
        return Answer.of(slots(lastOfA), info, of);
    }

    @Test
    void server_has_probe_tags_in_two_of_its_slots() {
        ClusterSlots slots = slots(8_000);

        for (Server server : List.of(A, B)) {
            int first = SlotHash.getSlot(slots.tagOf(server, 0));
            int second = SlotHash.getSlot(slots.tagOf(server, 1));
            assertThat(first).isNotEqualTo(second);
            assertThat(List.of(first <= 8_000, second <= 8_000)).containsOnly(server.equals(A));
        }
    }

    @Test
    void server_with_one_slot_has_one_probe_tag() {
        ClusterSlots slots = slots(0);

        assertThat(slots.tagOf(A, 0)).isNotEmpty().isEqualTo(slots.tagOf(A, 1));
    }

    @Test
    void primary_that_got_slots_last_counts_among_equal_epochs() {
        Answer former = answer(A, 8_000, "ok", 3, 2);
        Answer present = answer(B, 7_999, "ok", 3, 3);
        Answer replica = answer(new Server("r", 1), 8_000, "ok", 3, 3);

        assertThat(present.isNewerThan(former)).isTrue();
        assertThat(former.isNewerThan(present)).isFalse();
        assertThat(present.isNewerThan(replica)).isTrue();
        assertThat(replica.isNewerThan(present)).isFalse();
    }

    @Test
    void server_without_contact_or_with_an_older_epoch_does_not_count() {
        Answer present = answer(A, 8_000, "ok", 3, 1);

        assertThat(answer(B, 7_999, "fail", 4, 4).isNewerThan(present)).isFalse();
        assertThat(answer(B, 7_999, "ok", 2, 2).isNewerThan(present)).isFalse();
        assertThat(answer(B, 7_999, "ok", 4, 1).isNewerThan(present)).isTrue();
    }
}
