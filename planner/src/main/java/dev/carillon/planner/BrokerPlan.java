package dev.carillon.planner;

import dev.carillon.planner.base.Amount;
import dev.carillon.planner.base.PlanException;
import dev.carillon.planner.calibration.Calibration;
import dev.carillon.planner.calibration.Cost;
import dev.carillon.planner.workload.Setup;
import dev.carillon.planner.workload.Setup.BrokerKind;
import dev.carillon.planner.workload.Workload;

/**
 * The broker of a plan.
 *
 * @param kind never {@code AUTO}
 * @param servers machines for it
 * @param broadcasts events per second that it appends
 * @param pushes events per second that it sends to nodes
 * @param utilisation share of its capacity in use
 * @param memoryBytes of a log with as many events as it holds by default
 * @param bitsOut bandwidth to the nodes
 */
public record BrokerPlan(
        BrokerKind kind,
        int servers,
        double broadcasts,
        double pushes,
        double utilisation,
        double memoryBytes,
        double bitsOut) {
    private static final double LOG_EVENTS = 1e6;
    private static final double USABLE = 0.6;
    private static final double BITS = 8;

    /** The chosen broker, or the better one of both; it may be overloaded. */
    static BrokerPlan choose(Calibration calibration, Workload workload, Setup setup, int nodes) {
        BrokerPlan redis = server(calibration, workload, BrokerKind.REDIS, Cost.REDIS_APPENDS, nodes);
        BrokerPlan nats = server(calibration, workload, BrokerKind.NATS, Cost.NATS_APPENDS, nodes);
        BrokerPlan memory = inNode(calibration, workload, nodes);
        return switch (setup.broker()) {
            case MEMORY -> memory;
            case REDIS -> redis;
            case NATS -> nats;
            case AUTO ->
                nodes == 1 && setup.spare() == 0 && memory.utilisation <= USABLE
                        ? memory
                        : redis.utilisation <= USABLE ? redis : nats;
        };
    }

    /** @throws PlanException if the broker cannot do the work */
    BrokerPlan checked(int nodes) {
        if (kind == BrokerKind.MEMORY && nodes > 1) {
            throw new PlanException(
                    "broker: memory: it lives inside one node and no other can reach it, but the workload needs "
                            + nodes + " nodes: must be redis or nats");
        }
        if (utilisation > USABLE) {
            double most = broadcasts * USABLE / utilisation;
            throw new PlanException(
                    "broker: " + Amount.text(broadcasts) + " broadcasts a second to " + nodes + " nodes: one "
                            + name() + " server orders all events and takes " + Amount.text(most) + " a second at "
                            + Amount.percent(USABLE)
                            + " of its capacity, and more nodes do not help: broadcast to larger scopes, put several changes into one event, or run "
                            + "several clusters");
        }
        return this;
    }

    private static BrokerPlan server(
            Calibration calibration, Workload workload, BrokerKind kind, Cost appends, int nodes) {
        double pushes = workload.flows().stream()
                .mapToDouble(flow -> flow.broadcasts() * flow.kind().interestedNodes(flow.audience(), nodes))
                .sum();
        double further = Math.max(0, pushes - workload.broadcasts());
        return plan(
                calibration,
                workload,
                kind,
                1,
                pushes,
                workload.broadcasts() / calibration.value(appends) + further * calibration.micros(Cost.BROKER_PUSH));
    }

    private static BrokerPlan inNode(Calibration calibration, Workload workload, int nodes) {
        // A second node cannot reach it.
        double utilisation =
                nodes == 1 ? workload.broadcasts() / calibration.value(Cost.MEMORY_APPENDS) : Double.POSITIVE_INFINITY;
        return plan(calibration, workload, BrokerKind.MEMORY, 0, 0, utilisation);
    }

    private static BrokerPlan plan(
            Calibration calibration,
            Workload workload,
            BrokerKind kind,
            int servers,
            double pushes,
            double utilisation) {
        double event = workload.payloadBytes() + calibration.value(Cost.BROKER_EVENT);
        return new BrokerPlan(
                kind, servers, workload.broadcasts(), pushes, utilisation, LOG_EVENTS * event, pushes * event * BITS);
    }

    /** As in {@code Redis}. */
    public String name() {
        return switch (kind) {
            case REDIS -> "Redis";
            case NATS -> "NATS";
            case MEMORY, AUTO -> "in-memory";
        };
    }
}
