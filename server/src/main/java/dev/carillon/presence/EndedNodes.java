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

    /** A sweep begins: drops nodes that are live again, and those that no record can name any more. */
    void begin(Peers.View view, long now) {
        pending = false;
        long forgotten = now - graceNanos - PresenceStore.TTL.toNanos();
        since.entrySet().removeIf(each -> each.getValue() - forgotten < 0 || !hasEnded(each.getKey(), view));
    }

    /** Whether the grace period of a node that was seen by this sweep is not over. */
    boolean isPending() {
        return pending;
    }

    private static boolean hasEnded(NodeLife node, Peers.View view) {
        return view.hasEnded(node.node(), node.generation());
    }

    Moment at(Peers.View view, long now) {
        return new Moment(view, now);
    }

    /** Has one answer for each node, however often it is asked. */
    final class Moment {
        private final Peers.View view;
        private final long now;
        private final Map<NodeLife, Boolean> over = new HashMap<>();

        private Moment(Peers.View view, long now) {
            this.view = view;
            this.now = now;
        }

        /**
         * The nodes of a record that do not have the subject any more.
         *
         * @param own the subject on this node; null: it is not here
         */
        Set<NodeLife> gone(PresenceRecord record, @Nullable LocalPresence own) {
            Set<NodeLife> gone = new HashSet<>();
            for (NodeLife node : record.nodes()) {
                if (node.equals(self) ? own == null : over.computeIfAbsent(node, this::isOver)) {
                    gone.add(node);
                }
            }
            return gone;
        }

        private boolean isOver(NodeLife node) {
            if (!hasEnded(node, view)) {
                since.remove(node);
                return false;
            }
            if (now - since.computeIfAbsent(node, x -> now) >= graceNanos) {
                return true;
            }
            pending = true;
            return false;
        }

        /** Whether an announcement was begun that no node will finish. */
        boolean isAbandoned(PresenceRecord record, @Nullable LocalPresence own) {
            NodeLife by = record.announcing();
            if (by == null) {
                return false;
            }
            return by.equals(self) ? own == null || own.isIdle() : hasEnded(by, view);
        }
    }
}
