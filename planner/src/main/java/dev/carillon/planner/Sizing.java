package dev.carillon.planner;

import dev.carillon.planner.base.PlanException;
import dev.carillon.planner.calibration.Calibration;
import dev.carillon.planner.workload.Setup;
import dev.carillon.planner.workload.Workload;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.Map;

/** Finds the smallest number of nodes at which nothing is used beyond its limit. */
final class Sizing {
    /** More nodes are not planned: the largest cluster that the broker's figures allow to think of. */
    static final int MAX_NODES = 4_096;

    private static final double USABLE_MEMORY = 0.85;
    private static final double USABLE_NETWORK = 0.7;
    private static final double DURING_RECONNECTS = 0.9;
    private static final double DESCRIPTORS = 1_048_576 - 1_124;

    private final Calibration calibration;
    private final Workload workload;
    private final Setup setup;

    Sizing(Calibration calibration, Workload workload, Setup setup) {
        this.calibration = calibration;
        this.workload = workload;
        this.setup = setup;
    }

    NodeModel model(int nodes) {
        BrokerPlan broker = BrokerPlan.choose(calibration, workload, setup, nodes);
        return new NodeModel(calibration, workload, setup, broker.utilisation());
    }

    /** The share of each limit that is used with so many working nodes. */
    Map<Limit, Double> used(int working) {
        int all = working + setup.spare();
        NodeModel model = model(all);
        NodeLoad load = model.load(working);
        Map<Limit, Double> used = new EnumMap<>(Limit.class);
        used.put(Limit.PROCESSOR, load.utilisation() / setup.utilisation());
        used.put(Limit.LATENCY, load.p99Seconds() / setup.p99Seconds());
        used.put(Limit.MEMORY, load.memoryBytes() / (setup.machine().bytes() * USABLE_MEMORY));
        used.put(
                Limit.NETWORK,
                (load.bitsOut() + load.bitsIn()) / (setup.machine().gigabits() * 1e9 * USABLE_NETWORK));
        used.put(Limit.DESCRIPTORS, load.connections() / DESCRIPTORS);
        used.put(
                Limit.RECONNECTS,
                setup.spare() == 0
                        ? 0
                        : FailurePlan.of(model, workload, setup, all).during() / DURING_RECONNECTS);
        return used;
    }

    static Limit highest(Map<Limit, Double> used) {
        return used.entrySet().stream()
                .max(Comparator.comparingDouble(Map.Entry::getValue))
                .orElseThrow()
                .getKey();
    }

    private double most(int working) {
        return used(working).values().stream()
                .mapToDouble(Double::doubleValue)
                .max()
                .orElseThrow();
    }

    /** A connection is on one node, so that more nodes than connections do not help. */
    int maxNodes() {
        return (int) Math.max(1, Math.min(MAX_NODES, workload.connections()));
    }

    /** @throws PlanException if no number of nodes suffices; the message says what stands against it */
    int working() {
        int high = 1;
        while (high < maxNodes() && most(high) > 1) {
            high = Math.min(maxNodes(), high * 2);
        }
        if (most(high) > 1) {
            throw new Impossible(calibration, workload, setup, this).exception(high);
        }
        int low = high / 2;
        while (high - low > 1) {
            int middle = (low + high) / 2;
            if (most(middle) > 1) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return high;
    }

    /** The number of working nodes as a fraction: where the limit would be reached exactly. */
    double exact(int working) {
        double here = most(working);
        if (working == 1) {
            return Math.min(1, here);
        }
        double before = most(working - 1);
        return before <= here ? working : working - 1 + (before - 1) / (before - here);
    }

    /** The same, or the largest number of nodes where none suffices. */
    double exactOrMost() {
        try {
            return exact(working());
        } catch (PlanException e) {
            return maxNodes();
        }
    }

    /** What one node fewer would break, or what is used most on a single one. */
    Limit limiting(int working) {
        return deciding(used(Math.max(1, working - 1)));
    }

    /** Busy processors and late deliveries go together: the latency bound decides only if nothing else is exceeded. */
    static Limit deciding(Map<Limit, Double> used) {
        Map<Limit, Double> others = new EnumMap<>(used);
        others.remove(Limit.LATENCY);
        Limit other = highest(others);
        return others.getOrDefault(other, 0.0) > 1 ? other : highest(used);
    }
}
