package dev.carillon.rebalance;

import java.util.Map;
import java.util.TreeMap;

/**
 * How many streams each node must release so that all have the same number.
 *
 * @param releases by node; a node without an entry releases none
 */
record RebalancePlan(Map<String, Integer> releases) {
    /** A proxy that chooses nodes at random sends some of the released clients back to crowded nodes. */
    static final double LEAST_EFFECT = 0.25;

    RebalancePlan {
        releases = Map.copyOf(releases);
    }

    /**
     * Plans a round.
     *
     * @param streams open streams by node
     * @param within tolerated difference from the mean, as a part of it
     * @param effect part of the released streams that reached a node with fewer ones in the last round; 1: not known
     */
    static RebalancePlan of(Map<String, Integer> streams, double within, double effect) {
        Map<String, Integer> releases = new TreeMap<>();
        if (!isEven(streams, within)) {
            double mean = mean(streams);
            double part = Math.clamp(effect, LEAST_EFFECT, 1);
            streams.forEach((node, count) -> {
                int excess = (int) Math.floor(count - mean);
                if (excess > 0) {
                    releases.put(node, Math.min(count, (int) Math.ceil(excess / part)));
                }
            });
        }
        return new RebalancePlan(releases);
    }

    /** Whether no node differs from the mean by more than is tolerated. A difference of one stream always is: shares are whole numbers. */
    static boolean isEven(Map<String, Integer> streams, double within) {
        double mean = mean(streams);
        double tolerated = Math.max(1, within * mean);
        return streams.values().stream().allMatch(count -> Math.abs(count - mean) <= tolerated);
    }

    /** Streams above the mean, of all nodes. */
    static double excess(Map<String, Integer> streams) {
        double mean = mean(streams);
        return streams.values().stream()
                .mapToDouble(count -> Math.max(0, count - mean))
                .sum();
    }

    private static double mean(Map<String, Integer> streams) {
        return streams.values().stream().mapToInt(Integer::intValue).average().orElse(0);
    }

    boolean isEmpty() {
        return releases.isEmpty();
    }

    /** Streams to release, of all nodes. */
    int total() {
        return releases.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** Streams to release, of the node with most of them. */
    int largest() {
        return releases.values().stream().mapToInt(Integer::intValue).max().orElse(0);
    }
}
