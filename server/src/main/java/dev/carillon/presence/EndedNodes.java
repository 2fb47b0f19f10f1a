package dev.carillon.presence;

import dev.carillon.cluster.Peers;
import dev.carillon.presence.PresenceRecord.NodeLife;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which nodes of a record have ended. Their users have the grace period to connect to other nodes, from when this node first saw it. Used by one sweep at a time. */
final class EndedNodes {
    private final NodeLife self;
    private final long graceNanos;
    private final Map<NodeLife, Long> since = new HashMap<>();

    private boolean pending;

    EndedNodes(NodeLife self, long graceNanos) {
        this.self = self;
        this.graceNanos = graceNanos;
    }

    /** A sweep begins: drops nodes that no record can name any more. */
    void begin(long now) {
        pending = false;
        long forgotten = now - graceNanos - PresenceStore.TTL.toNanos();
        since.values().removeIf(first -> first - forgotten < 0);
    }

    /** Whether the grace period of a node that was seen by this sweep is not over. */
    boolean isPending() {
        return pending;
    }

    /**
     * The nodes of a record that do not have the subject any more.
     *
     * @param own the subject on this node; null: it is not here
     */
    Set<NodeLife> gone(PresenceRecord record, @Nullable LocalPresence own, Peers.View view, long now) {
        Set<NodeLife> gone = new HashSet<>();
        for (NodeLife node : record.nodes()) {
            if (node.equals(self)) {
                if (own == null) {
                    gone.add(node);
                }
            } else if (view.hasEnded(node.node(), node.generation())) {
                if (now - since.computeIfAbsent(node, x -> now) >= graceNanos) {
                    gone.add(node);
                } else {
                    pending = true;
                }
            }
        }
        return gone;
    }

    /** Whether an announcement was begun that no node will finish. */
    boolean isAbandoned(PresenceRecord record, @Nullable LocalPresence own, Peers.View view) {
        NodeLife by = record.announcing();
        if (by == null) {
            return false;
        }
        return by.equals(self) ? own == null || own.isIdle() : view.hasEnded(by.node(), by.generation());
    }
}
