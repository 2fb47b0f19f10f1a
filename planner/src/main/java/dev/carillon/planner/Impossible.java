package dev.carillon.planner;

import dev.carillon.planner.base.Amount;
import dev.carillon.planner.base.PlanException;
import dev.carillon.planner.calibration.Calibration;
import dev.carillon.planner.calibration.Cost;
import dev.carillon.planner.workload.Setup;
import dev.carillon.planner.workload.Workload;

/** Says in a sentence what stands against a workload that no number of nodes serves. */
final class Impossible {
    private final Calibration calibration;
    private final Workload workload;
    private final Setup setup;
    private final Sizing sizing;

    Impossible(Calibration calibration, Workload workload, Setup setup, Sizing sizing) {
        this.calibration = calibration;
        this.workload = workload;
        this.setup = setup;
        this.sizing = sizing;
    }

    /** @param working the largest number of nodes, with which it does not suffice either */
    PlanException exception(int working) {
        NodeModel model = sizing.model(working + setup.spare());
        NodeLoad load = model.load(working);
        double floor = model.floor();
        if (floor > setup.p99Seconds()) {
            return new PlanException("p99: " + Amount.millis(setup.p99Seconds()) + ": without any load an event takes "
                    + Amount.millis(floor) + " at the 99th percentile (broker and round trips "
                    + Amount.millis(floor - calibration.value(Cost.PAUSE_P99) / 1e3) + ", pauses of a node "
                    + Amount.text(calibration.value(Cost.PAUSE_P99)) + " ms), and more nodes do not shorten that");
        }
        String nodes = working == 1
                ? "with the only node that its connections can use"
                : "with " + Amount.text(working) + " nodes";
        return new PlanException(
                switch (Sizing.highest(sizing.used(working))) {
                    case PROCESSOR, LATENCY, RECONNECTS -> busy(load, nodes);
                    case MEMORY ->
                        "memory: " + setup.machine().gigabytes() + " GB: a node with " + Amount.text(load.connections())
                                + " connections needs " + Amount.size(load.memoryBytes()) + " " + nodes
                                + ": use machines with more memory";
                    case NETWORK ->
                        "network: " + Amount.text(setup.machine().gigabits()) + " Gbit/s: a node must send "
                                + Amount.bits(load.bitsOut()) + " and receive " + Amount.bits(load.bitsIn()) + " "
                                + nodes
                                + ", because every node receives what one of its connections is interested in: use smaller events, or "
                                + "machines with more bandwidth";
                    case DESCRIPTORS ->
                        "connections: " + Amount.text(workload.connections()) + ": a node has at most 1,047,452, even "
                                + nodes;
                });
    }

    private String busy(NodeLoad load, String nodes) {
        double fixed = load.processor().events() + load.processor().base();
        if (fixed > load.processor().total() / 2) {
            return "processor time: each node receives " + Amount.text(load.events())
                    + " events a second, whatever number of nodes shares the connections, and that takes "
                    + Amount.text(fixed)
                    + " of its " + Amount.text(load.capacity()) + " usable processors " + nodes
                    + ": use larger machines, or broadcast less to scopes that are on every node";
        }
        return "p99: " + Amount.millis(setup.p99Seconds()) + ": a node is busy " + Amount.percent(load.utilisation())
                + " of its time and delivers in " + Amount.millis(load.p99Seconds()) + " at the 99th percentile, even "
                + nodes
                + ": use machines with more processors, or a longer bound";
    }
}
