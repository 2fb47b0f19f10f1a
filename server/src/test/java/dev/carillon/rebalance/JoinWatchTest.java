package dev.carillon.rebalance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.cluster.NodeRecord;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class JoinWatchTest {
    private final AtomicLong nanos = new AtomicLong();
    private final JoinWatch smallest = new JoinWatch("a", nanos::get);

    private static NodeRecord node(String id, int streams) {
        return node(id, 1, streams);
    }

    private static NodeRecord node(String id, long generation, int streams) {
        return new NodeRecord(id, generation, Optional.empty(), streams, streams);
    }

    private void settle(JoinWatch watch, List<NodeRecord> nodes) {
        assertThat(watch.isDue(nodes)).isFalse();
        nanos.addAndGet(JoinWatch.SETTLING.toNanos() - 1);
        assertThat(watch.isDue(nodes)).isFalse();
        nanos.addAndGet(1);
    }

    @Test
    void a_run_is_due_once_after_a_node_has_joined_and_settled() {
        List<NodeRecord> two = List.of(node("a", 100), node("b", 100));
        settle(smallest, two);
        assertThat(smallest.isDue(two)).as("even shares").isFalse();

        List<NodeRecord> three = List.of(node("a", 100), node("b", 100), node("c", 0));
        settle(smallest, three);
        assertThat(smallest.isDue(three)).isTrue();
        assertThat(smallest.isDue(three)).as("again").isFalse();
    }

    @Test
    void a_node_that_started_again_has_joined_and_one_that_left_has_not() {
        List<NodeRecord> before = List.of(node("a", 100), node("b", 100));
        settle(smallest, before);
        assertThat(smallest.isDue(before)).isFalse();
        List<NodeRecord> left = List.of(node("a", 200));
        settle(smallest, left);
        assertThat(smallest.isDue(left)).isFalse();

        List<NodeRecord> again = List.of(node("a", 200), node("b", 2, 0));
        settle(smallest, again);
        assertThat(smallest.isDue(again)).isTrue();
    }

    @Test
    void only_the_node_with_the_smallest_id_acts() {
        List<NodeRecord> nodes = List.of(node("a", 100), node("b", 0));
        JoinWatch other = new JoinWatch("b", nanos::get);
        settle(other, nodes);
        assertThat(other.isDue(nodes)).isFalse();
    }

    @Test
    void small_differences_are_left_alone_and_a_postponed_run_is_due_later() {
        List<NodeRecord> close = List.of(node("a", 109), node("b", 100));
        settle(smallest, close);
        assertThat(smallest.isDue(close)).isFalse();

        List<NodeRecord> apart = List.of(node("a", 150), node("b", 2, 100));
        settle(smallest, apart);
        assertThat(smallest.isDue(apart)).isTrue();
        smallest.postpone();
        settle(smallest, apart);
        assertThat(smallest.isDue(apart)).isTrue();
    }
}
