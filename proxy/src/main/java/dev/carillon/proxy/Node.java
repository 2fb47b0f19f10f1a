package dev.carillon.proxy;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A node, its state, and the requests that are open to it through this proxy. Thread-safe. */
final class Node {
    private static final Logger LOGGER = LoggerFactory.getLogger(Node.class);

    /** An open request that can be cut off. */
    interface Request {
        /**
         * Ends the request because its node is down or the proxy closes; thread-safe.
         *
         * @param by ignored if the request is no longer at that node
         */
        void cutOff(Node by);
    }

    /** @param number counts the changes of state: a check that started before the node went down does not bring it up again */
    private record Status(NodeState state, Instant since, long number) {}

    private static final Duration LOG_EVERY = Duration.ofSeconds(10);

    private final URI url;
    private final Optional<NodeTls> tls;
    private final LongAdder requests = new LongAdder();
    private final LongAdder connectFailures = new LongAdder();
    private final String cookie;
    private final int fall;
    private final Set<Request> open = ConcurrentHashMap.newKeySet();
    private final IdleConnections idle = new IdleConnections();
    /** The URL with a resolved address, so that connecting does not query a name server; set by the health checks. */
    private volatile URI address;

    /** The last cluster that it reported; empty: none. */
    private volatile Optional<String> cluster = Optional.empty();

    private volatile Status status = new Status(NodeState.DOWN, Instant.now(), 0);
    // The fields below are guarded by this.
    private int failures;
    /** When it last answered a check. */
    private long answeredNanos = System.nanoTime();
    /** Failed requests since the last one that was logged, with that one; 0: none was logged. */
    private int unlogged;

    private long loggedNanos;

    Node(URI url, int fall) {
        this.url = url;
        this.tls = url.getScheme().equals("https") ? Optional.of(new NodeTls(url)) : Optional.empty();
        this.cookie = StickyCookie.valueOf(url.toString());
        this.fall = fall;
        this.address = url;
    }

    URI url() {
        return url;
    }

    /** Empty: it is reached without TLS. */
    Optional<NodeTls> tls() {
        return tls;
    }

    String cookie() {
        return cookie;
    }

    void countRequest() {
        requests.increment();
    }

    /** Requests that were sent to it. */
    long requests() {
        return requests.sum();
    }

    /** Requests that could not connect to it. */
    long connectFailures() {
        return connectFailures.sum();
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

    /**
     * Adds an open request.
     *
     * @return false when the node has gone down meanwhile and must not be used, as it has already cut off its requests
     */
    boolean enter(Request request) {
        open.add(request);
        return state() != NodeState.DOWN;
    }

    void leave(Request request) {
        open.remove(request);
    }

    /** The number of the current state, for {@link #answered}. */
    long stateNumber() {
        return status.number();
    }

    /** @param startedAt the state's number when the check started */
    synchronized void answered(NodeState next, long startedAt) {
        if (status.state() == NodeState.DOWN && status.number() != startedAt) {
            return;
        }
        failures = 0;
        answeredNanos = System.nanoTime();
        become(next, "check");
    }

    /** A check has failed; a refused connection counts as enough failures. */
    synchronized void failed(boolean refused, String reason) {
        if (status.number() == 0 && failures == 0) {
            LOGGER.atWarn()
                    .addKeyValue("node", url)
                    .addKeyValue("reason", reason)
                    .log("a node is down at the start");
        }
        failures = Math.min(failures + 1, fall);
        if (refused || failures >= fall) {
            become(NodeState.DOWN, reason);
        }
    }

    /**
     * A request had no connection in time. The node is down, unless it has answered a check since then: so many clients connect at once that its queue is full,
     * and the streams that it has must not end for that, as their clients would connect again, too.
     *
     * @param sinceNanos by {@link System#nanoTime}
     */
    synchronized void timedOut(long sinceNanos) {
        if (answeredNanos - sinceNanos > 0) {
            connectFailures.increment();
        } else {
            unreachable("no connection in time");
        }
    }

    /** A request could not connect. */
    synchronized void unreachable(String reason) {
        connectFailures.increment();
        failures = fall;
        become(NodeState.DOWN, reason);
    }

    /** It has refused a request because it drains. */
    synchronized void drains() {
        if (status.state() == NodeState.UP) {
            become(NodeState.DRAINING, "it refuses streams");
        }
    }

    /** A request was sent to it and not answered; the client is told that it may have been processed. */
    synchronized void failedRequest(String reason) {
        long now = System.nanoTime();
        if (unlogged > 0 && now - loggedNanos < LOG_EVERY.toNanos()) {
            unlogged++;
            return;
        }
        LOGGER.atWarn()
                .addKeyValue("node", url)
                .addKeyValue("reason", reason)
                .addKeyValue("suppressed", Math.max(0, unlogged - 1))
                .log("a node failed before it answered a request");
        unlogged = 1;
        loggedNanos = now;
    }

    void closeAll() {
        open.forEach(request -> request.cutOff(this));
        idle.closeAll();
    }

    private void become(NodeState next, String reason) {
        Status before = status;
        if (before.state() == next) {
            return;
        }
        status = new Status(next, Instant.now(), before.number() + 1);
        (next == NodeState.UP ? LOGGER.atInfo() : LOGGER.atWarn())
                .addKeyValue("node", url)
                .addKeyValue("from", before.state())
                .addKeyValue("to", next)
                .addKeyValue("reason", reason)
                .log("the state of a node has changed");
        if (next == NodeState.DOWN) {
            closeAll();
        }
    }
}
