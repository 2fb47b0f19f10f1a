package dev.carillon.quota;

import java.util.Arrays;

/**
 * Divides a limit among nodes. Nodes with little demand get what they demand, the others equal parts of the rest; the part without demand is divided equally, less
 * one part, which a node that joins finds free. A node lowers its share at once, and raises it only by what no node holds, so that the shares
 * together exceed the limit only while nodes read different records.
 */
final class Allotment {
    private Allotment() {}

    /**
     * The next share of a node.
     *
     * @param demands of all nodes
     * @param held the present shares of all nodes
     */
    static double next(double limit, double[] demands, double[] held, int self) {
        double[] targets = targets(limit, demands);
        if (targets[self] <= held[self]) {
            return targets[self];
        }
        double free = limit;
        double deficits = 0;
        for (int i = 0; i < held.length; i++) {
            free -= held[i];
            deficits += Math.max(0, targets[i] - held[i]);
        }
        double deficit = targets[self] - held[self];
        return held[self] + Math.min(deficit, Math.max(0, free) * deficit / deficits);
    }

    private static double[] targets(double limit, double[] demands) {
        double[] sorted = demands.clone();
        Arrays.sort(sorted);
        double rest = limit;
        double level = Double.MAX_VALUE;
        for (int i = 0; i < sorted.length && level == Double.MAX_VALUE; i++) {
            double part = rest / (sorted.length - i);
            if (sorted[i] >= part) {
                level = part;
            } else {
                rest -= sorted[i];
            }
        }
        double spare = level == Double.MAX_VALUE ? rest / (demands.length + 1) : 0;
        double[] targets = new double[demands.length];
        for (int i = 0; i < targets.length; i++) {
            targets[i] = Math.min(demands[i], level) + spare;
        }
        return targets;
    }
}
