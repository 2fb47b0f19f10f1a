package dev.carillon.proxy;

import dev.carillon.edge.ClientConnections;
import dev.carillon.edge.Descriptors;
import io.undertow.Undertow;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.Options;

/**
 * Derives the proxy's limits from the file descriptors of its process: an open request needs one for the client's connection and one for
 * the node's. Half of the available descriptors are for connections to nodes, and health checks have a reserve of their own, so that
 * clients can neither block connections to nodes nor make a node appear down.
 */
final class DescriptorLimits implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(DescriptorLimits.class);
    private static final Duration WATCH = Duration.ofSeconds(1);
    private static final int MIN_AVAILABLE = 16;
    /** Idle connections to nodes may use a quarter of the descriptors for nodes. */
    private static final int IDLE_SHARE = 4;

    private final Undertow undertow;
    private final ClientConnections connections;
    private final Nodes nodes;
    private final Descriptors descriptors;
    private final int threads;
    private final int maxClients;
    private final int maxRequests;
    private final Thread watch;

    private DescriptorLimits(
            Undertow undertow,
            ClientConnections connections,
            Nodes nodes,
            ProxyConfig.Limits limits,
            Descriptors descriptors) {
        this.undertow = undertow;
        this.connections = connections;
        this.nodes = nodes;
        this.descriptors = descriptors;
        this.threads = undertow.getWorker().getIoThreadCount();
        int configured = limits.maxRequests();
        // Each node's health check uses one.
        long available = descriptors.available() - nodes.all().size();
        if (available < MIN_AVAILABLE) {
            throw new ProxyConfigException(
                    "max-requests",
                    configured,
                    "needs at least " + MIN_AVAILABLE + " available file descriptors; the process has "
                            + Math.max(0, available) + " of " + descriptors.max() + " (ulimit -n)");
        }
        long forNodes = Math.min(available / 2, 2L * configured);
        long idle = forNodes / IDLE_SHARE;
        nodes.all()
                .forEach(node -> node.idle().limit((int)
                        Math.min(idle / ((long) nodes.all().size() * threads), Integer.MAX_VALUE)));
        this.maxRequests = (int) Math.min(configured, forNodes - idle);
        this.maxClients = (int) Math.min(available - forNodes, Integer.MAX_VALUE / 2);
        if (maxRequests < configured) {
            LOGGER.atWarn()
                    .addKeyValue("max-requests", configured)
                    .addKeyValue("requests", maxRequests)
                    .addKeyValue("connections", maxClients)
                    .addKeyValue("descriptors", descriptors.max())
                    .log("the file descriptors of the process (ulimit -n) allow fewer requests than max-requests");
        }
        accept(false);
        this.watch = Thread.ofVirtual().name("descriptors").start(this::loop);
    }

    /** Applies the limits to a proxy that listens and has opened all descriptors of its own. */
    static DescriptorLimits apply(
            Undertow undertow, ClientConnections connections, Nodes nodes, ProxyConfig.Limits limits) {
        return new DescriptorLimits(undertow, connections, nodes, limits, Descriptors.ofThisProcess());
    }

    /** The maximum of open requests and streams. */
    int maxRequests() {
        return maxRequests;
    }

    @Override
    public void close() {
        watch.interrupt();
    }

    private void loop() {
        boolean scarce = false;
        while (!Thread.currentThread().isInterrupted()) {
            try {
                Thread.sleep(WATCH);
            } catch (InterruptedException e) {
                return;
            }
            if (descriptors.isScarce(scarce) != scarce) {
                scarce = !scarce;
                accept(scarce);
                LOGGER.atWarn()
                        .addKeyValue("max", descriptors.max())
                        .log(
                                scarce
                                        ? "file descriptors are running out: no connections are accepted for now"
                                        : "file descriptors are available again: connections are accepted");
            }
            if (scarce) {
                connections.closeInactive(descriptors.reservePart());
                nodes.all().forEach(node -> node.idle().closeAll());
            }
        }
    }

    private void accept(boolean scarce) {
        connections.closeInactiveBeyond(maxClients / threads);
        int max = scarce ? 0 : maxClients + descriptors.reservePart();
        for (Undertow.ListenerInfo listener : undertow.getListenerInfo()) {
            try {
                listener.setSocketOption(Options.CONNECTION_HIGH_WATER, max);
                listener.setSocketOption(Options.CONNECTION_LOW_WATER, max);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
