package dev.carillon.planner.simulation;

import dev.carillon.planner.PlannedNode;
import java.util.List;

/** The 99th percentile of the delivery time of a cluster whose nodes differ. */
final class DeliveryTimes {
    private static final int STEPS = 200;
    private static final int BISECTION = 30;
    private static final double TAIL = 0.01;

    /** Wait and service at a node with its share of the clients, by utilisation in steps. */
    private final double[] atNode = new double[STEPS + 1];

    private final double path;

    DeliveryTimes(PlannedNode node) {
        for (int i = 0; i <= STEPS; i++) {
            atNode[i] = node.p99Seconds((double) i / STEPS);
        }
        path = node.floorSeconds();
    }

    double of(SimulatedNode node) {
        int step = (int) Math.min(STEPS, Math.ceil(node.deliveryUtilisation() * STEPS));
        return path + atNode[step] * node.share() + node.deliveryDelay();
    }

    /** Of all nodes together: each has an exponential tail through its own percentile, and counts by its clients. */
    double of(List<SimulatedNode> nodes) {
        double high = 0;
        double all = 0;
        double[] percentiles = new double[nodes.size()];
        for (int i = 0; i < percentiles.length; i++) {
            percentiles[i] = of(nodes.get(i));
            high = Math.max(high, percentiles[i]);
            all += nodes.get(i).clients();
        }
        if (all <= 0) {
            return Double.NaN;
        }
        double low = 0;
        for (int step = 0; step < BISECTION; step++) {
            double middle = (low + high) / 2;
            double later = 0;
            for (int i = 0; i < percentiles.length; i++) {
                later += nodes.get(i).clients() * Math.pow(TAIL, middle / percentiles[i]);
            }
            if (later / all > TAIL) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return high;
    }
}
