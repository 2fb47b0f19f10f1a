package dev.carillon.planner;

import dev.carillon.planner.calibration.Cost;

/** What a simulation needs to know of a node of a plan, when the load is not what the plan says. */
public final class PlannedNode {
    private final Plan plan;
    private final NodeModel model;
    private final Queueing queue;

    public PlannedNode(Plan plan) {
        this.plan = plan;
        this.model = new NodeModel(
                plan.calibration(), plan.workload(), plan.setup(), plan.broker().utilisation());
        this.queue = model.queue(plan.nodes());
    }

    /** Processor time of a connect to a warm node, in seconds. */
    public double connectSeconds() {
        return model.connectSeconds();
    }

    /** Processor time of a connect to a node that has just started, in seconds. */
    public double coldConnectSeconds() {
        return Math.max(
                model.connectSeconds(),
                plan.calibration().micros(Cost.CONNECT_COLD)
                        + model.connectSeconds()
                        - plan.calibration().micros(Cost.CONNECT_SSE));
    }

    /** Connects until a node is warm. */
    public double coldConnects() {
        return plan.calibration().value(Cost.COLD_CONNECTS);
    }

    /** The 99th percentile of wait and service at the node, in seconds, at a utilisation. */
    public double p99Seconds(double utilisation) {
        return queue.p99(model.batchAt(plan.nodes(), utilisation), utilisation);
    }

    /** The 99th percentile of all that is not the node's queue, in seconds. */
    public double floorSeconds() {
        return model.floor();
    }
}
