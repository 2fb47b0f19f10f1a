package dev.carillon.planner.workload;

import dev.carillon.planner.base.Amount;
import dev.carillon.planner.base.PlanException;

/**
 * How the cluster is to be built.
 *
 * @param p99Seconds bound of the 99th percentile of the delivery time
 * @param spare nodes that may fail without breaking the bound
 * @param reconnectSeconds time over which the clients of a failed node come back
 * @param utilisation share of the processors of a node that the plan may use, 0 to 1
 * @param roundTripSeconds between machines of the cluster
 */
public record Setup(
        Machine machine,
        double p99Seconds,
        int spare,
        Transport transport,
        BrokerKind broker,
        ProxyKind proxy,
        double reconnectSeconds,
        double utilisation,
        double roundTripSeconds) {

    /** How clients reach a node. */
    public enum Transport {
        /** HTTP/1.1 without TLS, also at the proxy. */
        PLAIN,
        /** TLS ends at the proxy. */
        TLS_AT_PROXY,
        /** TLS with HTTP/1.1 ends at the node. */
        TLS_AT_NODE,
        /** TLS with HTTP/2 ends at the node. */
        HTTP2_AT_NODE
    }

    /** The broker; {@code AUTO} lets the plan choose. */
    public enum BrokerKind {
        AUTO,
        MEMORY,
        REDIS,
        NATS
    }

    /** The proxy; {@code NONE} is a load balancer that the plan does not count. */
    public enum ProxyKind {
        NONE,
        HAPROXY,
        CADDY,
        NGINX
    }

    public Setup {
        if (p99Seconds <= 0) {
            throw new PlanException(
                    "p99: " + Amount.millis(p99Seconds) + ": nothing arrives before it was sent: must be above 0 ms");
        }
        if (spare < 0 || spare > 1_000) {
            throw new PlanException("spare: " + spare + ": must be from 0 to 1000");
        }
        if (reconnectSeconds < 0.1 || reconnectSeconds > 3_600) {
            throw new PlanException("reconnect: " + Amount.text(reconnectSeconds) + " s: must be from 100ms to 60m");
        }
        if (utilisation < 0.05 || utilisation > 0.9) {
            throw new PlanException("utilisation: " + Amount.percent(utilisation)
                    + ": must be from 5% to 90%: beyond that queues have no bound that could be planned");
        }
        if (roundTripSeconds < 0 || roundTripSeconds > 1) {
            throw new PlanException("round-trip: " + Amount.millis(roundTripSeconds) + ": must be from 0ms to 1s");
        }
        if (broker == BrokerKind.MEMORY && spare > 0) {
            throw new PlanException(
                    "broker: memory: it lives inside the only node, so no other node can be spare: must be redis or nats with "
                            + "a spare node");
        }
    }

    /** Whether nodes do the encryption. */
    public boolean isTlsAtNode() {
        return transport == Transport.TLS_AT_NODE || transport == Transport.HTTP2_AT_NODE;
    }

    /** The same on other machines. */
    public Setup on(Machine other) {
        return new Setup(
                other, p99Seconds, spare, transport, broker, proxy, reconnectSeconds, utilisation, roundTripSeconds);
    }
}
