package dev.carillon.proxy;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warns when the nodes report different clusters, for example nodes with in-memory brokers: an event broadcast on one of them does not
 * reach the clients of the others. It logs each difference once, and only if it persists, as nodes detect one after the other that a broker
 * lost its data. Thread-safe.
 */
final class ClusterWatch {
    private static final Logger LOGGER = LoggerFactory.getLogger(ClusterWatch.class);

    private final List<Node> nodes;
    private final Duration delay;
    private final LongSupplier nanoTime;

    // The fields below are guarded by this.
    private String seen = "";
    private long seenNanos;
    private String warned = "";

    /** @param delay how long a difference must persist before it is logged */
    ClusterWatch(List<Node> nodes, Duration delay, LongSupplier nanoTime) {
        this.nodes = nodes;
        this.delay = delay;
        this.nanoTime = nanoTime;
    }

    /** Compares the reports of the nodes; to be called after each health check. */
    synchronized void check() {
        String groups = groups();
        if (groups.isEmpty() && !warned.isEmpty() && nodes.stream().anyMatch(node -> node.state() == NodeState.DOWN)) {
            // A node that is down may belong to another cluster.
            return;
        }
        long now = nanoTime.getAsLong();
        if (!groups.equals(seen)) {
            seen = groups;
            seenNanos = now;
        }
        if (groups.equals(warned) || now - seenNanos < delay.toNanos()) {
            return;
        }
        if (groups.isEmpty()) {
            LOGGER.atInfo().log("all nodes report the same cluster again");
        } else {
            LOGGER.atWarn()
                    .addKeyValue("clusters", groups)
                    .log(
                            "the nodes belong to different clusters: an event reaches only the clients of the cluster in which it was broadcast; "
                                    + "configure the same --broker redis://HOST:PORT or nats://HOST:PORT on all nodes "
                                    + "(with memory, each node is a cluster of its own)");
        }
        warned = groups;
    }

    /** The nodes of each cluster; empty when there is at most one cluster. */
    private String groups() {
        SortedMap<String, TreeSet<URI>> clusters = new TreeMap<>();
        for (Node node : nodes) {
            if (node.state() != NodeState.DOWN) {
                node.cluster()
                        .ifPresent(id -> clusters.computeIfAbsent(id, c -> new TreeSet<>())
                                .add(node.url()));
            }
        }
        return clusters.size() < 2
                ? ""
                : clusters.entrySet().stream()
                        .map(cluster -> cluster.getKey() + ": "
                                + cluster.getValue().stream().map(URI::toString).collect(Collectors.joining(", ")))
                        .collect(Collectors.joining("; "));
    }
}
