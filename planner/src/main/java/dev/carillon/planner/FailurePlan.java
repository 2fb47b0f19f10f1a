package dev.carillon.planner;

import dev.carillon.planner.workload.Setup;
import dev.carillon.planner.workload.Workload;

/**
 * What happens when one node of the plan fails, and its clients connect to the others.
 *
 * @param survivors nodes that are left; with none, all clients wait for a new node
 * @param clients clients that reconnect
 * @param reconnectsPerSecond on each surviving node
 * @param during share of the processors in use while they reconnect; above 1 they take longer
 * @param after share of the processors in use when all are back
 * @param secondsUntilBack until all have a stream again
 * @param p99Seconds of deliveries when all are back
 */
public record FailurePlan(
        int survivors,
        double clients,
        double reconnectsPerSecond,
        double during,
        double after,
        double secondsUntilBack,
        double p99Seconds) {

    static FailurePlan of(NodeModel model, Workload workload, Setup setup, int nodes) {
        double clients = workload.connections() / nodes;
        int survivors = nodes - 1;
        if (survivors == 0) {
            return new FailurePlan(0, clients, 0, 0, 0, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY);
        }
        NodeLoad load = model.load(survivors);
        double rate = clients / survivors / setup.reconnectSeconds();
        double during = load.utilisation() + rate * model.connectSeconds() / load.capacity();
        double free = load.capacity() * (1 - load.utilisation());
        double needed = clients / survivors * model.connectSeconds();
        double seconds = free <= 0 ? Double.POSITIVE_INFINITY : Math.max(setup.reconnectSeconds(), needed / free);
        return new FailurePlan(survivors, clients, rate, during, load.utilisation(), seconds, load.p99Seconds());
    }
}
