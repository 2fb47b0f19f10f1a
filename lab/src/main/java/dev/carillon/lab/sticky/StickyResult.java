package dev.carillon.lab.sticky;

import java.util.List;

/** What was measured. */
public record StickyResult(StickyPlan plan, List<Row> rows) {
    public StickyResult {
        rows = List.copyOf(rows);
    }

    /**
     * A variant with one number of nodes; costs are those of all nodes.
     *
     * @param rightAnswers of the actions
     * @param exact whether every tab counted as many actions as were answered rightly
     * @param actionsPerSecond throughput
     * @param p50Micros median latency
     * @param p99Micros 99th percentile of the latency
     * @param cpuMicros processor time per action
     * @param storeOperations per action
     * @param storeBytes written, per action
     * @param hops calls between nodes, per action
     */
    public record Row(
            int nodes,
            Variant variant,
            long actions,
            long rightAnswers,
            boolean exact,
            double actionsPerSecond,
            double p50Micros,
            double p99Micros,
            double cpuMicros,
            double storeOperations,
            double storeBytes,
            double hops) {
        public double rightShare() {
            return actions == 0 ? 0 : (double) rightAnswers / actions;
        }

        boolean isRight() {
            return rightAnswers == actions && exact;
        }
    }

    /** Whether every answer is right where nodes pass actions on, and the counts are exact. */
    public boolean right() {
        return rows.stream().filter(row -> row.variant().hasOwnerRouting()).allMatch(Row::isRight);
    }
}
