package dev.carillon.presence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.cluster.Peers;
import dev.carillon.presence.PresenceRecord.NodeLife;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EndedNodesTest {
    private static final NodeLife OTHER = new NodeLife("other", 1);
    private static final PresenceRecord RECORD = new PresenceRecord("life", List.of(OTHER), null, null);

    private final Set<String> stopped = new HashSet<>();
    private final Peers.View view = (node, generation) -> stopped.contains(node);

    private static EndedNodes nodes(long grace) {
        return new EndedNodes(new NodeLife("self", 1), grace);
    }

    private Set<NodeLife> gone(EndedNodes nodes, long now) {
        nodes.begin(view, now);
        return nodes.at(view, now).gone(RECORD, null);
    }

    @Test
    void node_that_is_lost_twice_has_the_grace_period_twice() {
        EndedNodes nodes = nodes(10);
        stopped.add("other");
        assertThat(gone(nodes, 100)).isEmpty();
        assertThat(nodes.isPending()).isTrue();
        assertThat(gone(nodes, 110)).containsExactly(OTHER);

        stopped.clear();
        nodes.begin(view, 111);
        stopped.add("other");

        assertThat(gone(nodes, 112)).isEmpty();
        assertThat(nodes.isPending()).isTrue();
        assertThat(gone(nodes, 122)).containsExactly(OTHER);
    }

    @Test
    void node_that_ends_between_two_records_of_a_scope_is_removed_from_neither() {
        EndedNodes.Moment moment = nodes(0).at(view, 100);
        assertThat(moment.gone(RECORD, null)).isEmpty();
        stopped.add("other");

        assertThat(moment.gone(RECORD, null)).isEmpty();
    }
}
