package dev.carillon.proxy;

import java.net.URI;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A node, its state, and what is open to it through this proxy. Methods may be called from any thread. */
final class Node {
    private static final Logger LOGGER = LoggerFactory.getLogger(Node.class);

    /** @param number counts the states and the doubts, so that a check that began before one is not believed */
    private record Status(NodeState state, Instant since, long number) {}

    private final URI url;
    private final String cookie;
    private final int fall;
    private final Set<Forward> open = ConcurrentHashMap.newKeySet();
    private final IdleConnections idle = new IdleConnections();
    /** With the host as a number, so that connecting asks no name server; set by the health checks. */
    private volatile URI address;

    /** As it last reported it; empty: it never did. */
    private volatile Optional<String> cluster = Optional.empty();

    private volatile Status status = new Status(NodeState.DOWN, Instant.now(), 0);
    /** Guarded by this. */
    private int failures;

    Node(URI url, int fall) {
        this.url = url;
        this.cookie = StickyCookie.valueOf(url.toString());
        this.fall = fall;
        this.address = url;
    }

    URI url() {
        return url;
    }

    String cookie() {
        return cookie;
    }

    URI address() {
        return address;
    }

    void resolved(URI next) {
        address = next;
    }

    Optional<String> cluster() {
        return cluster;
    }

    void reported(Optional<String> next) {
        cluster = next;
    }

    IdleConnections idle() {
        return idle;
    }

    NodeState state() {
        return status.state();
    }

    int open() {
        return open.size();
    }

    NodeView view() {
        Status now = status;
        return new NodeView(url, now.state(), now.since(), open());
    }

    /** @return whether it may be used: a node that went down meanwhile would not cut what comes after */
    boolean enter(Forward forward) {
        open.add(forward);
        return state() != NodeState.DOWN;
    }

    void leave(Forward forward) {
        open.remove(forward);
    }

    /** To be handed to {@link #answered}. */
    long checkBegins() {
        return status.number();
    }

    /** A check was answered. */
    synchronized void answered(NodeState next, long began) {
        if (status.state() == NodeState.DOWN && status.number() != began) {
            return;
        }
        failures = 0;
        become(next, "check");
    }

    /** A check was not answered, or not well. */
    synchronized void failed(boolean refused, String why) {
        if (status.number() == 0 && failures == 0) {
            LOGGER.atWarn().addKeyValue("node", url).addKeyValue("why", why).log("a node is down at the start");
        }
        failures = Math.min(failures + 1, fall);
        if (refused || failures >= fall) {
            become(NodeState.DOWN, why);
        }
    }

    /** A request could not connect. */
    synchronized void unreachable(String why) {
        failures = fall;
        become(NodeState.DOWN, why);
    }

    void closeAll() {
        open.forEach(Forward::cutFromOutside);
        idle.closeAll();
    }

    private void become(NodeState next, String why) {
        Status before = status;
        if (before.state() == next) {
            return;
        }
        status = new Status(next, Instant.now(), before.number() + 1);
        (next == NodeState.UP ? LOGGER.atInfo() : LOGGER.atWarn())
                .addKeyValue("node", url)
                .addKeyValue("from", before.state())
                .addKeyValue("to", next)
                .addKeyValue("why", why)
                .log("a node changed");
        if (next == NodeState.DOWN) {
            closeAll();
        }
    }
}
