package dev.carillon.cli.base;

import dev.carillon.base.Key;
import java.time.Duration;
import java.util.List;

/** The settings of {@code roll}. */
public final class RollKeys {
    public static final Key<List<String>> ADMIN_URL = Key.list(
            "admin-url", "URL", "Admin ports of the nodes, each as http://HOST:PORT, in the order of their restarts.");
    public static final Key<Boolean> SURGE = Key.flag(
            "surge",
            "Reload each node instead: its new process serves before the old one drains, so that capacity never drops. Not possible in containers.");
    public static final Key<Duration> NODE_TIMEOUT = Key.duration(
            "node-timeout",
            "5m",
            Duration.ofSeconds(1),
            Duration.ofHours(2),
            "Maximum time for one node, from the request until it is ready again. Must be longer than its drain-timeout.");

    public static final Key<Duration> SETTLE = Key.duration(
            "settle",
            "3s",
            Duration.ZERO,
            Duration.ofHours(1),
            "Time from the readiness of a node until the next one drains. Must be longer than proxies need to see that the node is up: the interval of their health checks times the successes that they require. Not used with surge.");

    public static final List<Key<?>> ALL = List.of(ADMIN_URL, SURGE, NODE_TIMEOUT, SETTLE);

    private RollKeys() {}
}
