package dev.carillon.planner.workload;

import dev.carillon.planner.base.Amount;
import dev.carillon.planner.base.PlanException;
import java.util.List;

/**
 * What clients and broadcasters do.
 *
 * @param connections open connections at the same time
 * @param webSocketShare share of them by WebSocket, 0 to 1; the others are event streams
 * @param payloadBytes size of the data of an event
 * @param flows events by kind of scope
 * @param even whether broadcasts are evenly spaced (one source with a timer); otherwise they are random (many sources)
 */
public record Workload(double connections, double webSocketShare, double payloadBytes, List<Flow> flows, boolean even) {
    private static final double MAX_CONNECTIONS = 1e9;
    private static final double MAX_PAYLOAD = 1e6;

    public Workload {
        if (connections < 1) {
            throw new PlanException("connections: " + Amount.text(connections)
                    + ": no node is needed without a connection: must be at least 1");
        }
        if (connections > MAX_CONNECTIONS) {
            throw new PlanException(
                    "connections: " + Amount.text(connections) + ": must be at most " + Amount.text(MAX_CONNECTIONS));
        }
        if (payloadBytes < 1 || payloadBytes > MAX_PAYLOAD) {
            throw new PlanException("payload: " + Amount.text(payloadBytes) + " B: must be from 1 B to 1 MB");
        }
        flows = List.copyOf(flows);
        for (Flow flow : flows) {
            if (flow.audience() < 1 || flow.audience() > connections) {
                throw new PlanException("scopes: " + flow.text()
                        + ": a scope must have at least 1 connection and at most all " + Amount.text(connections));
            }
        }
    }

    /** Deliveries per second to all connections. */
    public double deliveries() {
        return flows.stream().mapToDouble(Flow::deliveries).sum();
    }

    /** Broadcasts per second. */
    public double broadcasts() {
        return flows.stream().mapToDouble(Flow::broadcasts).sum();
    }

    /** Events that each connection receives per second, on average. */
    public double perConnection() {
        return deliveries() / connections;
    }

    /** Scopes that connections are in, beside those that every connection has. */
    public double scopes() {
        return flows.stream()
                .filter(flow -> flow.kind() == ScopeKind.TOPIC || flow.kind() == ScopeKind.ROUTE)
                .mapToDouble(flow -> flow.scopes(connections))
                .sum();
    }

    /** The same with more or fewer connections, which receive as many events each, in scopes of the same size. */
    public Workload scaled(double factor) {
        List<Flow> scaled = flows.stream()
                .map(flow -> flow.kind() == ScopeKind.GLOBAL
                        ? new Flow(flow.kind(), flow.audience() * factor, flow.broadcasts())
                        : new Flow(
                                flow.kind(),
                                Math.min(flow.audience(), connections * factor),
                                flow.broadcasts() * factor))
                .toList();
        return new Workload(connections * factor, webSocketShare, payloadBytes, scaled, even);
    }
}
