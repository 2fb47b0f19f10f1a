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
 * Warns where the nodes report different clusters, as two with a broker in memory do: an event that is broadcast on one of them never
 * reaches the clients of the other. Once for each way in which they differ, and only when it lasts, because nodes find out one after
 * the other that a broker lost its data. Thread-safe.
 */
final class ClusterWatch {
    private static final Logger LOGGER = LoggerFactory.getLogger(ClusterWatch.class);

    private final List<Node> nodes;
    private final Duration patience;
    private final LongSupplier nanoTime;

    // Below: guarded by this.
    private String seen = "";
    private long seenNanos;
    private String warned = "";

    /** @param patience how long they must differ in the same way before that is logged */
    ClusterWatch(List<Node> nodes, Duration patience, LongSupplier nanoTime) {
        this.nodes = nodes;
        this.patience = patience;
        this.nanoTime = nanoTime;
    }

    /** To be called after each check of a node. */
    synchronized void look() {
        String groups = groups();
        if (groups.isEmpty() && !warned.isEmpty() && nodes.stream().anyMatch(node -> node.state() == NodeState.DOWN)) {
            // One of another cluster may be among those that are down: they are not of one cluster for that.
            return;
        }
        long now = nanoTime.getAsLong();
        if (!groups.equals(seen)) {
            seen = groups;
            seenNanos = now;
        }
        if (groups.equals(warned) || now - seenNanos < patience.toNanos()) {
            return;
        }
        if (groups.isEmpty()) {
            LOGGER.atInfo().log("the nodes are of one cluster again");
        } else {
            LOGGER.atWarn()
                    .addKeyValue("clusters", groups)
                    .log(
                            "the nodes are of different clusters: an event reaches only the clients of the cluster it was broadcast in; "
                                    + "give all nodes the same --broker redis://HOST:PORT or nats://HOST:PORT (with memory each is a cluster of its own)");
        }
        warned = groups;
    }

    /** The nodes of each cluster; empty where there is at the most one. */
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
