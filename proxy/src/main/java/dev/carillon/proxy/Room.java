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
 * What the proxy has room for, by the file descriptors of its process: a request that is open takes one for its client's connection
 * and one for the node's. Half of what is free is for nodes, health checks aside, which have a reserve: no crowd of clients may keep the
 * proxy from its nodes, nor have it take one for down.
 */
final class Room implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(Room.class);
    private static final Duration WATCH = Duration.ofSeconds(1);
    private static final int LEAST = 16;
    /** Of the descriptors for nodes, those on which nothing is asked may take one of so many. */
    private static final int IDLE_SHARE = 4;

    private final Undertow undertow;
    private final ClientConnections connections;
    private final Nodes nodes;
    private final Descriptors descriptors;
    private final int threads;
    private final int maxClients;
    private final int maxRequests;
    private final Thread watch;

    private Room(Undertow undertow, ClientConnections connections, StickyProxy.Parts parts, Descriptors descriptors) {
        this.undertow = undertow;
        this.connections = connections;
        this.nodes = parts.nodes();
        this.descriptors = descriptors;
        this.threads = undertow.getWorker().getIoThreadCount();
        int wanted = parts.limits().maxRequests();
        // Each node's health check takes one.
        long room = descriptors.room() - nodes.all().size();
        if (room < LEAST) {
            throw new ProxyConfigException(
                    "max-requests",
                    wanted,
                    "must fit into the " + descriptors.max()
                            + " file descriptors of the process (ulimit -n), which leave room for "
                            + Math.max(0, room) + ", and " + LEAST + " at least");
        }
        long ofNodes = Math.min(room / 2, 2L * wanted);
        long idle = ofNodes / IDLE_SHARE;
        nodes.all()
                .forEach(node -> node.idle().keepAtMost((int)
                        Math.min(idle / ((long) nodes.all().size() * threads), Integer.MAX_VALUE)));
        this.maxRequests = (int) Math.min(wanted, ofNodes - idle);
        this.maxClients = (int) Math.min(room - ofNodes, Integer.MAX_VALUE / 2);
        if (maxRequests < wanted) {
            LOGGER.atWarn()
                    .addKeyValue("max-requests", wanted)
                    .addKeyValue("requests", maxRequests)
                    .addKeyValue("connections", maxClients)
                    .addKeyValue("descriptors", descriptors.max())
                    .log("the file descriptors of the process (ulimit -n) allow fewer requests than max-requests");
        }
        accept(false);
        this.watch = Thread.ofVirtual().name("descriptors").start(this::loop);
    }

    /** For a proxy that listens, and has all open that it needs for itself. */
    static Room open(Undertow undertow, ClientConnections connections, StickyProxy.Parts parts) {
        return new Room(undertow, connections, parts, Descriptors.ofThisProcess());
    }

    /** How many requests and streams may be open together. */
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
            if (descriptors.scarce(scarce) != scarce) {
                scarce = !scarce;
                accept(scarce);
                LOGGER.atWarn()
                        .addKeyValue("max", descriptors.max())
                        .log(
                                scarce
                                        ? "file descriptors run out: no connections are accepted for now"
                                        : "file descriptors are free again: connections are accepted");
            }
            if (scarce) {
                connections.shed(descriptors.part());
                nodes.all().forEach(node -> node.idle().closeAll());
            }
        }
    }

    private void accept(boolean scarce) {
        connections.makeRoomBeyond(maxClients / threads);
        int most = scarce ? 0 : maxClients + descriptors.part();
        for (Undertow.ListenerInfo listener : undertow.getListenerInfo()) {
            try {
                listener.setSocketOption(Options.CONNECTION_HIGH_WATER, most);
                listener.setSocketOption(Options.CONNECTION_LOW_WATER, most);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
