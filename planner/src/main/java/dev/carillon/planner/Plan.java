package dev.carillon.planner;

import dev.carillon.planner.calibration.Calibration;
import dev.carillon.planner.workload.Machine;
import dev.carillon.planner.workload.Setup;
import dev.carillon.planner.workload.Workload;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An answer: how many nodes, and why.
 *
 * @param nodes all nodes, spare ones included
 * @param limiting what decides the number of nodes
 * @param oneLess share of the deciding limit with one working node less; 0 if there is only one
 * @param used for each limit the share that is used when the spare nodes have failed; 1 is all that the plan may use
 * @param normal one node while all work
 * @param worst one node when the spare nodes have failed
 * @param failure what happens when one node fails
 * @param next at how many connections one more node is needed; null if the number of nodes was given
 * @param alternatives other machines of the prices, the cheapest first
 */
public record Plan(
        Calibration calibration,
        Workload workload,
        Setup setup,
        int nodes,
        Limit limiting,
        double oneLess,
        Map<Limit, Double> used,
        NodeLoad normal,
        NodeLoad worst,
        FailurePlan failure,
        BrokerPlan broker,
        ProxyPlan proxies,
        MonthlyCost cost,
        Confidence confidence,
        @Nullable Next next,
        List<Alternative> alternatives) {

    /**
     * The next step up.
     *
     * @param connections from here on one more node is needed
     * @param limiting what decides it
     */
    public record Next(double connections, Limit limiting) {}

    /** The same workload on another machine. */
    public record Alternative(Machine machine, int nodes, MonthlyCost cost, Limit limiting) {}

    public Plan {
        used = Map.copyOf(used);
        alternatives = List.copyOf(alternatives);
    }

    /** Nodes that must work. */
    public int needed() {
        return worst.nodes();
    }

    /** Bandwidth of all nodes to clients, in bits per second. */
    public double bitsOut() {
        return normal.bitsOut() * nodes;
    }
}
