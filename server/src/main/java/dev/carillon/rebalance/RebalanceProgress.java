package dev.carillon.rebalance;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * How far a run is that this node has begun.
 *
 * @param detail why it ended; empty: it runs, or its end needs no reason
 * @param round 1 for the first; 0 before it
 * @param released streams that nodes were asked to release until now
 * @param streams open streams by node, in order of their ids, when they were last read
 */
public record RebalanceProgress(
        Phase phase, String detail, int round, int released, Map<String, Integer> streams, Terms terms) {
    /** Phases of a run. */
    public enum Phase {
        /** This node has not begun a run yet. */
        IDLE,
        RUNNING,
        /** It ended, and the shares are even. */
        EVEN,
        /** It ended after its last round, and the shares are not even. */
        UNEVEN,
        /** It was stopped, or something happened to the cluster. */
        STOPPED
    }

    /**
     * What a run should do.
     *
     * @param rate streams per second that each crowded node releases
     * @param within tolerated difference from the mean, as a part of it
     */
    public record Terms(int rate, double within) {
        public static final double WITHIN = 0.05;
    }

    static final RebalanceProgress IDLE = new RebalanceProgress(Phase.IDLE, "", 0, 0, Map.of(), new Terms(0, 0));

    public RebalanceProgress {
        streams = Collections.unmodifiableMap(new TreeMap<>(streams));
    }

    static RebalanceProgress begin(Map<String, Integer> streams, Terms terms) {
        return new RebalanceProgress(Phase.RUNNING, "", 0, 0, streams, terms);
    }

    RebalanceProgress round(int next, int more) {
        return new RebalanceProgress(phase, detail, next, released + more, streams, terms);
    }

    RebalanceProgress with(Map<String, Integer> now) {
        return new RebalanceProgress(phase, detail, round, released, now, terms);
    }

    RebalanceProgress ended(Phase end, String reason) {
        return new RebalanceProgress(end, reason, round, released, streams, terms);
    }
}
