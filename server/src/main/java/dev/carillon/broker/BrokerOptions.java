package dev.carillon.broker;

import dev.carillon.base.ConfigException;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.Tenant;
import java.time.Duration;

/**
 * Options for a node's use of its broker.
 *
 * @param nodeId name of the node, shown by the server
 * @param timeout time limit of every stage, 50 ms to 60 s
 * @param startTimeout time limit of opening the broker, 50 ms to 5 min
 * @param maxOutstandingBytes maximum bytes of broadcasts without an answer; further broadcasts fail as overloaded
 * @param maxLogEvents maximum number of events in the log of one tenant, whatever the policies ask for
 * @param policies retention by scope; the log keeps events for the longest age
 * @param redis options of one driver
 * @param nats options of one driver
 */
public record BrokerOptions(
        String nodeId,
        Duration timeout,
        Duration startTimeout,
        long maxOutstandingBytes,
        int maxLogEvents,
        ScopePolicies policies,
        RedisOptions redis,
        NatsOptions nats) {
    /** Minimum time for which an id is remembered: an equal broadcast within it gets the same answer and is not delivered again. */
    public static final Duration ID_WINDOW = Duration.ofMinutes(10);

    private static final int MAX_SIDE_LOG_EVENTS = 10_000;
    /** Changes that wait for a receiver of webhooks that does not answer. */
    private static final int MAX_WEBHOOK_EVENTS = 100_000;

    public BrokerOptions {
        between("broker-timeout", timeout, Duration.ofMillis(50), Duration.ofSeconds(60));
        between("broker-start-timeout", startTimeout, Duration.ofMillis(50), Duration.ofMinutes(5));
        if (maxOutstandingBytes < 1024 * 1024) {
            throw new ConfigException("broker-max-outstanding-bytes", maxOutstandingBytes, "must be at least 1048576");
        }
        if (maxLogEvents < 1 || maxLogEvents > 100_000_000) {
            throw new ConfigException("log-max-events", maxLogEvents, "must be between 1 and 100000000");
        }
    }

    public static BrokerOptions of(String nodeId) {
        return new BrokerOptions(
                nodeId,
                Duration.ofSeconds(2),
                Duration.ofSeconds(5),
                64L * 1024 * 1024,
                1_000_000,
                ScopePolicies.DEFAULT,
                RedisOptions.DEFAULT,
                NatsOptions.DEFAULT);
    }

    /**
     * Maximum number of events in the log of this tenant. A side log is smaller: it serves nodes that missed events, never readers of
     * history.
     */
    public int maxLogEvents(Tenant tenant) {
        if (!tenant.isSideLog()) {
            return maxLogEvents;
        }
        return Math.min(maxLogEvents, tenant.equals(Tenant.WEBHOOKS) ? MAX_WEBHOOK_EVENTS : MAX_SIDE_LOG_EVENTS);
    }

    public BrokerOptions timeout(Duration value) {
        return new BrokerOptions(nodeId, value, startTimeout, maxOutstandingBytes, maxLogEvents, policies, redis, nats);
    }

    public BrokerOptions startTimeout(Duration value) {
        return new BrokerOptions(nodeId, timeout, value, maxOutstandingBytes, maxLogEvents, policies, redis, nats);
    }

    public BrokerOptions maxLogEvents(int value) {
        return new BrokerOptions(nodeId, timeout, startTimeout, maxOutstandingBytes, value, policies, redis, nats);
    }

    public BrokerOptions policies(ScopePolicies value) {
        return new BrokerOptions(nodeId, timeout, startTimeout, maxOutstandingBytes, maxLogEvents, value, redis, nats);
    }

    public BrokerOptions redis(RedisOptions value) {
        return new BrokerOptions(
                nodeId, timeout, startTimeout, maxOutstandingBytes, maxLogEvents, policies, value, nats);
    }

    public BrokerOptions nats(NatsOptions value) {
        return new BrokerOptions(
                nodeId, timeout, startTimeout, maxOutstandingBytes, maxLogEvents, policies, redis, value);
    }

    private static void between(String key, Duration value, Duration min, Duration max) {
        if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw new ConfigException(key, value, "must be between " + min + " and " + max);
        }
    }
}
