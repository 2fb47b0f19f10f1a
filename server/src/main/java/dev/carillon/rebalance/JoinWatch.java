package dev.carillon.rebalance;

import dev.carillon.cluster.NodeRecord;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Decides when the cluster rebalances by itself: once after a node has joined, when the shares differ then. All nodes decide alike, by the registry; the one
 * with the smallest id acts. Thread-safe.
 */
final class JoinWatch {
    /** Fifteen heartbeats of the registry: clients of a restarted node are back, and a new node has its first ones. */
    static final Duration SETTLING = Duration.ofSeconds(30);
    /** Difference between the largest and the smallest share, as a part of the mean. */
    static final double DIFFERENCE = 0.2;
    /** Fewer streams are not worth a move. */
    static final int LEAST = 10;

    private static final Duration GIVE_UP = Duration.ofMinutes(10);

    private final String self;
    private final LongSupplier nanoTime;
    // Below: guarded by this.
    private Set<String> known = Set.of();
    private boolean pending;
    private long joinedNanos;
    private long dueNanos;

    JoinWatch(String self, LongSupplier nanoTime) {
        this.self = self;
        this.nanoTime = nanoTime;
    }

    /** Whether this node should begin a run now. Call it every few seconds. */
    synchronized boolean isDue(List<NodeRecord> nodes) {
        long now = nanoTime.getAsLong();
        Set<String> present = new HashSet<>();
        nodes.forEach(node -> present.add(node.id() + " " + node.generation()));
        if (!known.containsAll(present)) {
            pending = true;
            joinedNanos = now;
            dueNanos = now + SETTLING.toNanos();
        }
        known = present;
        if (!pending || now - dueNanos < 0) {
            return false;
        }
        pending = false;
        return differ(nodes) && nodes.stream().map(NodeRecord::id).noneMatch(id -> id.compareTo(self) < 0);
    }

    /** The run could not begin, as during a drain: it is due again later. */
    synchronized void postpone() {
        long now = nanoTime.getAsLong();
        pending = now - joinedNanos < GIVE_UP.toNanos();
        dueNanos = now + SETTLING.toNanos();
    }

    private static boolean differ(List<NodeRecord> nodes) {
        int most = nodes.stream().mapToInt(NodeRecord::streams).max().orElse(0);
        int fewest = nodes.stream().mapToInt(NodeRecord::streams).min().orElse(0);
        double mean = nodes.stream().mapToInt(NodeRecord::streams).average().orElse(0);
        return most - fewest >= LEAST && most - fewest > DIFFERENCE * mean;
    }
}
