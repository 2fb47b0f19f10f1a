package dev.carillon.proxy;

import io.undertow.client.ClientConnection;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.WorkerUtils;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.XnioExecutor;

/**
 * The search of one request for a node and a connection to it, on which nothing of the request was sent yet.
 *
 * <pre>{@code
 *       +---- node went down, or drains while others are up; connecting failed: next node ----+
 *       v                                                                                     |
 *    CHOOSING ---- node ----> CONNECTING ---- connection ----> CHECKING ----------------------+
 *       |                         ^                               |  |
 *       +-- none: noNode()        +-- the node has closed it -----+  +--> connected()
 * }</pre>
 *
 * <p>Time passes between the choice of a node and its connection, and much of it on a busy machine. So the node's state is checked again when there is a
 * connection: a node that drains by then refuses streams, while another one would serve them. A node may also have closed the connection, idle or new, since;
 * the end of its output is detected before anything is sent, as a request that was sent may not be sent again.
 *
 * <p>The request is among those of its node ({@link Node#enter}) from the choice on, until {@link #leave} or the next choice. All on the I/O thread of the
 * client's connection.
 */
final class NodeSearch {
    /** Receives one call for each {@link #next} and {@link #again}, unless the search is stopped. */
    interface Listener {
        /** @param reused whether the connection has served other requests */
        void connected(Node node, ClientConnection connection, boolean reused);

        void noNode();
    }

    /** More than a timer is late on a thread that is not busy. */
    private static final long LATE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private static final int MAX_LATE_TIMERS = 5;
    /** Connections to one node that it may close before anything is sent. */
    private static final int MAX_CLOSED = 3;

    private final HttpServerExchange exchange;
    private final Nodes nodes;
    private final Duration connectTimeout;
    private final @Nullable String cookie;
    private final Node.Request request;
    private final Listener listener;
    private final Set<Node> tried = new HashSet<>();

    private @Nullable Node node;
    /** The attempt whose result is awaited; null: none. */
    private @Nullable ConnectAttempt current;

    private XnioExecutor.@Nullable Key timer;
    private int closed;

    /**
     * @param cookie the value of the sticky cookie; null: none
     * @param request what the nodes cut off
     */
    NodeSearch(
            HttpServerExchange exchange,
            Nodes nodes,
            Duration connectTimeout,
            @Nullable String cookie,
            Node.Request request,
            Listener listener) {
        this.exchange = exchange;
        this.nodes = nodes;
        this.connectTimeout = connectTimeout;
        this.cookie = cookie;
        this.request = request;
        this.listener = listener;
    }

    /** The chosen node; null: none. */
    @Nullable
    Node node() {
        return node;
    }

    /** Chooses a node that was not tried before, and connects to it. */
    void next() {
        leave();
        Node chosen = nodes.choose(cookie, tried);
        if (chosen == null) {
            listener.noNode();
            return;
        }
        tried.add(chosen);
        node = chosen;
        closed = 0;
        if (!chosen.enter(request)) {
            next();
            return;
        }
        ClientConnection idle = chosen.idle().take(exchange.getIoThread());
        if (idle == null) {
            connect(chosen);
        } else {
            found(chosen, idle, true);
        }
    }

    /** Connects to the chosen node again, on a new connection. */
    void again() {
        Node chosen = node;
        if (chosen == null) {
            next();
        } else {
            connect(chosen);
        }
    }

    /** Whether {@link #next} would find a node that is up. */
    boolean hasNext() {
        return nodes.isUp(tried);
    }

    /** Stops the search, and leaves the node. */
    void leave() {
        stopAttempt();
        if (node != null) {
            node.leave(request);
            node = null;
        }
    }

    private void connect(Node to) {
        // A check may be due a moment after the time limit of this attempt.
        long answered = System.nanoTime() - connectTimeout.toNanos();
        ConnectAttempt attempt = new ConnectAttempt(new ConnectAttempt.Listener() {
            @Override
            public void connected(ConnectAttempt by, ClientConnection connection) {
                if (by == current) {
                    stopAttempt();
                    found(to, connection, false);
                } else {
                    Upstream.cut(connection);
                }
            }

            @Override
            public void failed(ConnectAttempt by, @Nullable String reason) {
                if (by == current) {
                    if (reason != null) {
                        to.unreachable(reason);
                    }
                    next();
                }
            }

            @Override
            public void timedOut(ConnectAttempt by) {
                if (by == current) {
                    to.timedOut(answered);
                    next();
                }
            }
        });
        current = attempt;
        awaitConnection(attempt, MAX_LATE_TIMERS);
        attempt.start(to, exchange);
    }

    /**
     * A thread that was busy runs its timers before it looks at its sockets, where the connection may be established. A late timer therefore waits
     * again: otherwise a busy proxy would take its nodes for unreachable, and close all of their streams.
     */
    private void awaitConnection(ConnectAttempt attempt, int lateTimers) {
        long millis = connectTimeout.toMillis();
        long due = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        timer = WorkerUtils.executeAfter(
                exchange.getIoThread(),
                () -> {
                    if (lateTimers > 0 && System.nanoTime() - due > LATE_NANOS) {
                        awaitConnection(attempt, lateTimers - 1);
                    } else {
                        attempt.timeout();
                    }
                },
                millis,
                TimeUnit.MILLISECONDS);
    }

    private void found(Node to, ClientConnection connection, boolean reused) {
        NodeState state = to.state();
        // It may have gone down after it was chosen, when it does not cut off a request that is not at it yet.
        if (state == NodeState.DOWN || (state == NodeState.DRAINING && hasNext())) {
            Upstream.cut(connection);
            next();
        } else if (Upstream.isClosedByNode(connection)) {
            Upstream.cut(connection);
            closed++;
            if (closed < MAX_CLOSED) {
                connect(to);
            } else {
                next();
            }
        } else {
            listener.connected(to, connection, reused);
        }
    }

    private void stopAttempt() {
        current = null;
        if (timer != null) {
            timer.remove();
            timer = null;
        }
    }
}
