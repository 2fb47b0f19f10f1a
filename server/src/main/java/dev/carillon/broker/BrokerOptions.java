package dev.carillon.broker;

import dev.carillon.base.ConfigException;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.Tenant;
import java.time.Duration;

/**
 * How a node uses its broker.
 *
 * @param nodeId names the node to the server
 * @param timeout within which every stage ends, 50 ms to 60 s
 * @param startTimeout within which opening ends, 50 ms to 5 min
 * @param maxOutstandingBytes bytes of broadcasts that wait for their answer; one more fails as overloaded
 * @param maxLogEvents how many events of a tenant the log keeps at the most, whatever the policies ask for
 * @param policies how long scopes keep their events: the log keeps the longest
 */
public record BrokerOptions(
        String nodeId,
        Duration timeout,
        Duration startTimeout,
        long maxOutstandingBytes,
        int maxLogEvents,
        ScopePolicies policies) {
    /** How long an id is remembered at least: the same again within it is answered alike and not delivered again. */
    public static final Duration ID_WINDOW = Duration.ofMinutes(10);

    private static final int MAX_SIDE_LOG_EVENTS = 10_000;

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
                ScopePolicies.DEFAULT);
    }

    /** How many events the log of this tenant keeps at the most: a side log serves nodes that missed some, and no reader of history. */
    public int maxLogEvents(Tenant tenant) {
        return tenant.isSideLog() ? Math.min(maxLogEvents, MAX_SIDE_LOG_EVENTS) : maxLogEvents;
    }

    public BrokerOptions timeout(Duration value) {
        return new BrokerOptions(nodeId, value, startTimeout, maxOutstandingBytes, maxLogEvents, policies);
    }

    public BrokerOptions startTimeout(Duration value) {
        return new BrokerOptions(nodeId, timeout, value, maxOutstandingBytes, maxLogEvents, policies);
    }

    public BrokerOptions maxLogEvents(int value) {
        return new BrokerOptions(nodeId, timeout, startTimeout, maxOutstandingBytes, value, policies);
    }

    public BrokerOptions policies(ScopePolicies value) {
        return new BrokerOptions(nodeId, timeout, startTimeout, maxOutstandingBytes, maxLogEvents, value);
    }

    private static void between(String key, Duration value, Duration min, Duration max) {
        if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw new ConfigException(key, value, "must be between " + min + " and " + max);
        }
    }
}
