package dev.carillon.planner;

import dev.carillon.planner.NodeLoad.Processor;
import dev.carillon.planner.calibration.Calibration;
import dev.carillon.planner.calibration.Cost;
import dev.carillon.planner.workload.Flow;
import dev.carillon.planner.workload.Setup;
import dev.carillon.planner.workload.Workload;
import java.util.ArrayList;
import java.util.List;

/** Work of one node of a cluster of a given size. */
final class NodeModel {
    private static final double MEBI = 1024.0 * 1024;
    private static final double SMALLEST_HEAP = 48 * MEBI;
    private static final double BITS = 8;

    private final Calibration calibration;
    private final Workload workload;
    private final Setup setup;
    private final ConnectionCosts costs;
    private final double brokerUtilisation;
    private final double capacity;

    /** @param brokerUtilisation share of the broker's capacity in use; delays every event */
    NodeModel(Calibration calibration, Workload workload, Setup setup, double brokerUtilisation) {
        this.calibration = calibration;
        this.workload = workload;
        this.setup = setup;
        this.costs = ConnectionCosts.of(calibration, workload, setup);
        this.brokerUtilisation = brokerUtilisation;
        this.capacity = capacity(calibration, setup.machine().cores());
    }

    /** Processors of a node after contention and coherence: the universal scalability law. */
    private static double capacity(Calibration calibration, double cores) {
        if (cores <= 1) {
            return cores;
        }
        return cores
                / (1
                        + calibration.value(Cost.CONTENTION) * (cores - 1)
                        + calibration.value(Cost.COHERENCE) * cores * (cores - 1));
    }

    /** Processor time of one connect to a warm node, in seconds. */
    double connectSeconds() {
        return costs.connect();
    }

    ConnectionCosts costs() {
        return costs;
    }

    NodeLoad load(int nodes) {
        double connections = workload.connections() / nodes;
        double deliveries = workload.deliveries() / nodes;
        double events = events(nodes);
        Queueing queue = queue(nodes);
        double batch = queue.batch(
                longestRun(nodes),
                candidate -> processor(connections, events, deliveries, nodes, candidate)
                                .total()
                        / capacity);
        Processor processor = processor(connections, events, deliveries, nodes, batch);
        double heap = heap(connections);
        double p99 = path() + calibration.value(Cost.PAUSE_P99) / 1e3 + queue.p99(batch, processor.total() / capacity);
        return new NodeLoad(
                nodes,
                connections,
                events,
                deliveries,
                workload.broadcasts() / nodes,
                batch,
                processor,
                capacity,
                memory(connections, heap),
                heap,
                deliveries * costs.wireBytes(batch) * BITS,
                events * costs.frame() * BITS,
                p99);
    }

    private Processor processor(double connections, double events, double deliveries, int nodes, double batch) {
        double broadcasts = workload.broadcasts() / nodes;
        return new Processor(
                calibration.value(Cost.NODE_IDLE) / 1e3,
                connections * costs.idle(),
                events * eventSeconds(events),
                deliveries * costs.write() / batch,
                deliveries * costs.perByte() * costs.frame(),
                broadcasts * withWakeUps(Cost.APPEND, Cost.APPEND_BUSY, broadcasts));
    }

    private double eventSeconds(double perSecond) {
        return withWakeUps(Cost.EVENT, Cost.EVENT_BUSY, perSecond);
    }

    /** What comes while a thread is still awake needs no wake-up of it. */
    private double withWakeUps(Cost alone, Cost busy, double perSecond) {
        double saved = perSecond / (perSecond + calibration.value(Cost.AWAKE));
        double least = Math.min(calibration.value(busy), calibration.value(alone));
        return (calibration.value(alone) - (calibration.value(alone) - least) * saved) / 1e6;
    }

    /** Events per second that reach one node. */
    private double events(int nodes) {
        double events = 0;
        for (Flow flow : workload.flows()) {
            events += flow.broadcasts() * flow.kind().interestedNodes(flow.audience(), nodes) / nodes;
        }
        return events;
    }

    Queueing queue(int nodes) {
        return new Queueing(jobs(nodes), workload.even());
    }

    /** An event takes a thread of the node its share of the scope's local connections. */
    private List<Queueing.Job> jobs(int nodes) {
        // Of one thread among others, or of a share of a processor.
        double slower = Math.max(1, setup.machine().cores()) / capacity;
        double event = eventSeconds(events(nodes));
        List<Queueing.Job> jobs = new ArrayList<>();
        for (Flow flow : workload.flows()) {
            double interested = flow.kind().interestedNodes(flow.audience(), nodes);
            double local = flow.audience() / interested;
            double writes = Math.max(1, local / setup.machine().threads());
            double perSecond = flow.broadcasts() * interested / nodes;
            jobs.add(new Queueing.Job(
                    perSecond,
                    event * slower / setup.machine().threads(),
                    writes * costs.write() * slower,
                    writes * costs.perByte() * costs.frame() * slower));
        }
        return jobs;
    }

    /** Events that one write carries when the node is this busy. */
    double batchAt(int nodes, double utilisation) {
        return queue(nodes).batch(longestRun(nodes), batch -> utilisation);
    }

    /** Consecutive events of the same list if all wait: a batch never goes past an event of another list. */
    private double longestRun(int nodes) {
        double total = 0;
        double same = 0;
        for (Flow flow : workload.flows()) {
            double rate = flow.broadcasts() * flow.kind().interestedNodes(flow.audience(), nodes) / nodes;
            total += rate;
            double lists = Math.max(
                    1,
                    flow.scopes(workload.connections()) * flow.kind().interestedNodes(flow.audience(), nodes) / nodes);
            same += rate * rate / lists;
        }
        double share = total == 0 ? 0 : same / (total * total);
        return share >= 1 ? Queueing.MAX_BATCH : 1 / (1 - share);
    }

    /** From the broadcast to the node's fan-out. */
    private double path() {
        return calibration.value(Cost.PATH_P99) / 1e3 / (1 - Math.min(0.95, brokerUtilisation))
                + 2 * setup.roundTripSeconds();
    }

    /** The 99th percentile of a cluster in which nothing else happens. */
    double floor() {
        return path() + calibration.value(Cost.PAUSE_P99) / 1e3;
    }

    private double heap(double connections) {
        double live = connections * costs.heap()
                + calibration.value(Cost.HEAP_SCOPE) * Math.min(connections, workload.scopes());
        return Math.max(SMALLEST_HEAP, live * calibration.value(Cost.HEAP_FACTOR));
    }

    /** The machine holds the heap, what the JVM needs beside it, and the kernel's part of each connection. */
    private double memory(double connections, double heap) {
        return heap + calibration.value(Cost.NODE_MEMORY) * 1e6 + connections * costs.outsideHeap();
    }
}
