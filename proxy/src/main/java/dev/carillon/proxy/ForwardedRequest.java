package dev.carillon.proxy;

import io.undertow.client.ClientCallback;
import io.undertow.client.ClientConnection;
import io.undertow.client.ClientExchange;
import io.undertow.client.ClientResponse;
import io.undertow.client.ClientStatistics;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.protocol.http.HttpServerConnection;
import io.undertow.util.HeaderMap;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import io.undertow.util.StatusCodes;
import io.undertow.util.WorkerUtils;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;
import org.xnio.XnioExecutor;
import org.xnio.channels.StreamSinkChannel;

/**
 * One request that is forwarded to a node, with its response.
 *
 * <pre>{@code
 *    CONNECTING ---- NodeSearch: no node is available ----> refusal --> ENDED
 *     |      ^                                                         |
 *     |      +-- idle connection was closed: again, on a new one --+   |
 *     |      +-- refused because the node drains: another node ----+   |
 *     | NodeSearch: connected                                      |   |
 *     v                                                            |   |
 *    AWAITING_HEAD ------------------------------------------------+---+
 *     |   |
 *     |   +-- node failed, timeout, cut off,
 *     |   |   body too large -----------------------> refusal --> ENDED
 *     |   +-- client disconnects -------------------> cut ------> ENDED
 *     |   +-- head 101 --> TUNNEL -- either side ends, cut off -> ENDED
 *     | head
 *     v
 *    RESPONDING -- node or client fails, cut off ---> cut ------> ENDED
 *     |
 *     +-- complete response relayed ----------------------------> ENDED
 * }</pre>
 *
 * <p><b>States.</b> In CONNECTING no byte was sent to a node, except on an idle connection that was closed. In AWAITING_HEAD the request, or a part of it, was sent, and no byte of the
 * response was passed on. From RESPONDING and TUNNEL on, the client has the head of the response. The request's body is relayed while the state
 * is AWAITING_HEAD or RESPONDING, as a node may answer early; {@code requestSent} tells whether it is complete. A client's disconnect ends the
 * request once it is detected: over HTTP/2 by the reset of its stream; over HTTP/1.1 by a failed read or write or, after the request was sent, by
 * {@link ClientWatch}, for which the mere end of the input ends only event streams. In CONNECTING, and during a WebSocket handshake, a client of
 * HTTP/1.1 is not watched.
 *
 * <p><b>Threads.</b> All fields and methods belong to the I/O thread of the client's connection, on which the connection to the node is opened
 * too; so does everything that {@link Relay}, {@link Tunnel}, {@link ClientWatch} and the timer call. {@link #cutOff} may be called from any
 * thread and only dispatches to the I/O thread. {@link Node} holds this request from {@link Node#enter} to {@link Node#leave}.
 *
 * <p><b>Why it is correct.</b>
 *
 * <ul>
 *   <li>No effect is repeated. Another node is tried only in CONNECTING, where nothing was sent, and after a refusal by which a node that drains says that it
 *       did nothing; a node may have processed everything else. The exception is a node that closes an idle connection at the moment in which a request is written to it. Such a request is repeated on a new
 *       connection if no byte of it was written, or if its method is idempotent (RFC 9110, section 9.2.2), no byte of an answer was read, and it
 *       has no body, as the bytes of a body are read from the client only once.
 *   <li>An incomplete response never looks complete. Only the end of the node's response leads to the end of the client's ({@link
 *       #responseRelayed}). Once a head was passed on, everything else ends in {@link #cut}: over HTTP/1.1 the connection closes without a last chunk, over HTTP/2 the stream
 *       is reset. A body that ends with its connection is passed on in the same form, as neither side can tell whether it is complete.
 *   <li>No request survives its node. {@link Node#enter} adds the request before it checks the state, and the node changes its state before it
 *       cuts off its requests: one of the two sees the other. {@link NodeSearch} checks again, as the node may have gone down while the request was
 *       connecting, when it cannot be cut off.
 *   <li>Everything is released once. {@link #finish} is the only transition to ENDED and does nothing when repeated; late callbacks check the
 *       state. A connection to a node is reused only after a complete exchange, and is closed in all other cases.
 *   <li>No state lasts for ever. A timer limits CONNECTING, AWAITING_HEAD (restarted while the request's body makes progress) and the upgrade.
 *       In RESPONDING a relay stops when its sink accepts nothing for the stall timeout; the source may be silent for any time, as streams are.
 *       The node's health checks detect the loss of the node; {@link ClientWatch} detects that the client of a stream has disconnected, and a broken
 *       connection of any other client once its request was sent.
 * </ul>
 */
final class ForwardedRequest implements Runnable, Node.Request {
    private enum State {
        CONNECTING,
        AWAITING_HEAD,
        RESPONDING,
        TUNNEL,
        ENDED
    }

    private static final int UPGRADE_SECONDS = 5;

    private static final Set<HttpString> IDEMPOTENT =
            Set.of(Methods.GET, Methods.HEAD, Methods.OPTIONS, Methods.TRACE, Methods.PUT, Methods.DELETE);

    private final HttpServerExchange exchange;
    private final Dependencies dependencies;
    private final Runnable ended;
    private final StickyCookie.Sent cookies;
    private final NodeSearch search;

    private State state = State.CONNECTING;
    private @Nullable ClientConnection upstream;
    private XnioExecutor.@Nullable Key timer;
    private @Nullable Relay requestRelay;
    private @Nullable Relay responseRelay;
    private @Nullable StreamSinkChannel responseSink;
    private @Nullable Tunnel tunnel;
    private @Nullable ClientWatch watch;
    private boolean requestSent;
    /** Counts of the connection before the request, if it had served others; else null. */
    private @Nullable Transferred reused;
    /** Whether the client has shut down its output, which it also does when it disconnects. */
    private boolean inputEnded;

    /** Whether the response is an event stream. */
    private boolean streaming;
    /** Bytes of the body that were sent when the timer was last started. */
    private long sentBefore;

    /** The parts of the proxy that a request uses. */
    record Dependencies(
            Nodes nodes,
            HeaderForwarding headers,
            ProxyConfig.Limits limits,
            ProxyConfig.Cookie cookie,
            ProxyMetrics metrics) {}

    /** Bytes that a connection has transferred. */
    private record Transferred(long written, long read) {
        static Transferred by(ClientConnection connection) {
            ClientStatistics statistics = connection.getStatistics();
            return new Transferred(statistics.getWritten(), statistics.getRead());
        }
    }

    /** @param ended called once, when the request has ended and everything is released */
    ForwardedRequest(HttpServerExchange exchange, Dependencies dependencies, Runnable ended) {
        this.exchange = exchange;
        this.dependencies = dependencies;
        this.ended = ended;
        this.cookies = StickyCookie.read(HeaderForwarding.values(exchange.getRequestHeaders(), Headers.COOKIE));
        Duration timeout = dependencies.limits().connectTimeout();
        NodeSearch.Listener found = new NodeSearch.Listener() {
            @Override
            public void connected(Node node, ClientConnection connection, boolean wasUsed) {
                send(node, connection, wasUsed);
            }

            @Override
            public void noNode() {
                refuse(Refusal.NO_NODE);
            }
        };
        this.search = new NodeSearch(exchange, dependencies.nodes(), timeout, cookies.value(), this, found);
    }

    @Override
    public void run() {
        exchange.addExchangeCompleteListener((x, next) -> {
            Relay relay = responseRelay;
            if (state == State.RESPONDING && relay != null && relay.sourceEnded()) {
                responseRelayed();
            } else if (state != State.TUNNEL) {
                // The client has reset its stream, or the request has ended before.
                clientDisconnected();
            }
            next.proceed();
        });
        search.next();
    }

    @Override
    public void cutOff(Node by) {
        exchange.getIoThread().execute(() -> {
            if (by != search.node()) {
                // It has gone to another node meanwhile.
                return;
            }
            switch (state) {
                case CONNECTING -> {} // The attempt has a timeout, and the search checks the node's state.
                case AWAITING_HEAD -> nodeFailed("the node is down");
                case RESPONDING, TUNNEL -> cut();
                case ENDED -> {}
            }
        });
    }

    /** The search has found a connection. */
    private void send(Node to, ClientConnection connection, boolean wasUsed) {
        reused = wasUsed ? Transferred.by(connection) : null;
        upstream = connection;
        to.countRequest();
        state = State.AWAITING_HEAD;
        awaitHead();
        connection.sendRequest(dependencies.headers().request(exchange, cookies, to), new ClientCallback<>() {
            @Override
            public void completed(ClientExchange sent) {
                sendBody(connection, sent);
            }

            @Override
            public void failed(IOException e) {
                connectionFailed(connection, e);
            }
        });
    }

    private void sendBody(ClientConnection connection, ClientExchange sent) {
        sent.setResponseListener(new ClientCallback<>() {
            @Override
            public void completed(ClientExchange answered) {
                respond(answered);
            }

            @Override
            public void failed(IOException e) {
                connectionFailed(connection, e);
            }
        });
        if (exchange.isRequestComplete()) {
            requestSent();
            return;
        }
        Relay relay = new Relay(
                exchange.getRequestChannel(),
                sent.getRequestChannel(),
                relayOptions(dependencies.limits().maxBodyBytes()),
                new Relay.Listener() {
                    @Override
                    public void ended() {
                        requestSent();
                    }

                    @Override
                    public void failed(Relay.Fault fault) {
                        requestFailed(fault);
                    }
                });
        requestRelay = relay;
        relay.start();
    }

    private void requestSent() {
        requestSent = true;
        if (watch == null && state != State.ENDED && !HeaderForwarding.isWebSocket(exchange)) {
            watch = ClientWatch.start(exchange, new ClientWatch.Listener() {
                @Override
                public void inputEnded() {
                    inputEnded = true;
                    if (streaming) {
                        clientDisconnected();
                    }
                }

                @Override
                public void broken() {
                    clientDisconnected();
                }
            });
            if (streaming && watch != null) {
                watch.dropRequests();
            }
        }
    }

    private void requestFailed(Relay.Fault fault) {
        switch (fault) {
            case SOURCE -> clientDisconnected();
            case TOO_LARGE -> {
                if (state == State.AWAITING_HEAD) {
                    refuse(Refusal.TOO_LARGE);
                } else {
                    cut();
                }
            }
            case SINK -> {} // The node may have answered before it closed its side; the response decides.
        }
    }

    private void respond(ClientExchange answered) {
        if (state != State.AWAITING_HEAD) {
            return;
        }
        ClientResponse response = answered.getResponse();
        boolean upgraded = response.getResponseCode() == StatusCodes.SWITCHING_PROTOCOLS;
        if (response.getResponseCode() < StatusCodes.OK && !(upgraded && HeaderForwarding.isWebSocket(exchange))) {
            nodeFailed("it answered " + response.getResponseCode());
            return;
        }
        if (HeaderForwarding.isRefusedByDrain(response) && requestRelay == null && search.hasNext()) {
            tryAnotherNode();
            return;
        }
        stopTimer();
        dependencies.headers().response(response, exchange);
        setCookie();
        if (upgraded) {
            upgrade();
            return;
        }
        state = State.RESPONDING;
        streaming = HeaderForwarding.isStream(response, exchange.getRequestMethod());
        if (streaming) {
            // A stream may last for days. No request can follow it, and a client that shuts down its output has
            // disconnected, as for a node.
            if (inputEnded) {
                clientDisconnected();
                return;
            }
            if (watch != null) {
                watch.dropRequests();
            }
        }
        if (HeaderForwarding.endsWithConnection(response, exchange.getRequestMethod())) {
            exchange.setPersistent(false);
        }
        StreamSinkChannel sink = exchange.getResponseChannel();
        if (streaming) {
            // After the head was created, so that it has no Connection: close. Some clients take the end of such a
            // connection for the end of the stream.
            exchange.setPersistent(false);
        }
        responseSink = sink;
        Relay relay =
                new Relay(answered.getResponseChannel(), sink, relayOptions(Long.MAX_VALUE), new Relay.Listener() {
                    @Override
                    public void ended() {
                        responseRelayed();
                    }

                    @Override
                    public void failed(Relay.Fault fault) {
                        cut();
                    }
                });
        responseRelay = relay;
        relay.start();
    }

    private void responseRelayed() {
        if (state != State.RESPONDING) {
            return;
        }
        ClientConnection used = upstream;
        Node from = search.node();
        upstream = null;
        if (used != null && from != null) {
            if (requestSent && used.isOpen() && !used.isUpgraded() && from.state() != NodeState.DOWN) {
                from.idle().put(used);
            } else {
                Upstream.cut(used);
            }
        }
        finish();
        // Reads the rest of a request that was answered early.
        exchange.endExchange();
    }

    private void setCookie() {
        boolean secure = dependencies.headers().isSecure(exchange);
        HeaderMap headers = exchange.getResponseHeaders();
        if (StickyCookie.takeExpiry(headers)) {
            headers.add(Headers.SET_COOKIE, StickyCookie.expiry(dependencies.cookie(), secure));
            return;
        }
        Node node = search.node();
        if (node != null && !node.cookie().equals(cookies.value())) {
            headers.add(Headers.SET_COOKIE, StickyCookie.header(node.cookie(), dependencies.cookie(), secure));
        }
    }

    private void upgrade() {
        state = State.TUNNEL;
        startTimer(TimeUnit.SECONDS.toMillis(UPGRADE_SECONDS), this::cut);
        exchange.upgradeChannel((client, x) -> {
            ClientConnection used = upstream;
            stopTimer();
            if (state != State.TUNNEL || used == null) {
                IoUtils.safeClose(client);
                return;
            }
            try {
                StreamConnection socket = used.performUpgrade();
                Tunnel opened = new Tunnel(client, socket, relayOptions(Long.MAX_VALUE), this::finish);
                tunnel = opened;
                opened.start();
            } catch (IOException e) {
                IoUtils.safeClose(client);
                cut();
            }
        });
        exchange.endExchange();
    }

    private Relay.Options relayOptions(long maxBytes) {
        return new Relay.Options(
                exchange.getConnection().getByteBufferPool(),
                maxBytes,
                dependencies.limits().idleTimeout().toMillis());
    }

    private void connectionFailed(ClientConnection connection, IOException failure) {
        if (state != State.AWAITING_HEAD || !connection.equals(upstream)) {
            return;
        }
        if (!mayRepeat(connection)) {
            nodeFailed(String.valueOf(failure.getMessage()));
            return;
        }
        leaveConnection();
        search.again();
    }

    /** The node has refused the request because it drains. Its checks would tell that a moment later. */
    private void tryAnotherNode() {
        Node drains = search.node();
        if (drains != null) {
            drains.drains();
        }
        leaveConnection();
        search.next();
    }

    private void leaveConnection() {
        ClientConnection left = upstream;
        stopTimer();
        upstream = null;
        state = State.CONNECTING;
        requestSent = false;
        if (left != null) {
            Upstream.cut(left);
        }
    }

    /** Whether the node closed an idle connection as the request was written to it, and the request can be repeated without a second effect. */
    private boolean mayRepeat(ClientConnection connection) {
        Transferred before = reused;
        if (before == null || requestRelay != null) {
            return false;
        }
        Transferred now = Transferred.by(connection);
        boolean unanswered = now.read() == before.read() && IDEMPOTENT.contains(exchange.getRequestMethod());
        return unanswered || now.written() == before.written();
    }

    private void nodeFailed(String reason) {
        if (state == State.AWAITING_HEAD) {
            Node failed = search.node();
            if (failed != null) {
                failed.failedRequest(reason);
            }
            refuse(Refusal.NODE_FAILED);
        }
    }

    private void awaitHead() {
        startTimer(dependencies.limits().responseTimeout().toMillis(), () -> {
            Relay sending = requestRelay;
            long sent = sending == null ? 0 : sending.bytes();
            if (!requestSent && sent > sentBefore) {
                sentBefore = sent;
                awaitHead();
            } else {
                boolean byClient = !requestSent && sending != null && sending.awaitsSource();
                refuse(byClient ? Refusal.TIMEOUT : Refusal.NODE_TIMEOUT);
            }
        });
    }

    /** Answers with a refusal, unless the head of a response was passed on. */
    private void refuse(Refusal refusal) {
        if (state == State.CONNECTING || state == State.AWAITING_HEAD) {
            finish();
            dependencies.metrics().refused(refusal);
            refusal.answer(exchange);
        }
    }

    private void clientDisconnected() {
        if (state != State.ENDED) {
            cut();
        }
    }

    /** Closes both sides, so that the client sees an incomplete response: a closed connection, or a reset stream of HTTP/2. */
    private void cut() {
        if (state == State.ENDED) {
            return;
        }
        Tunnel open = tunnel;
        finish();
        if (open != null) {
            open.close();
        } else if (exchange.getConnection() instanceof HttpServerConnection connection) {
            IoUtils.safeClose(connection);
        } else if (responseSink == null && !exchange.isComplete()) {
            // A stream of HTTP/2 without a response: closing its connection object resets only this stream.
            IoUtils.safeClose(exchange.getConnection());
        } else {
            IoUtils.safeClose(responseSink);
        }
    }

    private void finish() {
        if (state == State.ENDED) {
            return;
        }
        state = State.ENDED;
        stopTimer();
        if (watch != null) {
            watch.stop();
        }
        if (requestRelay != null) {
            requestRelay.stop();
        }
        if (responseRelay != null) {
            responseRelay.stop();
        }
        ClientConnection used = upstream;
        upstream = null;
        if (used != null && tunnel == null) {
            Upstream.cut(used);
        }
        search.leave();
        ended.run();
    }

    private void startTimer(long millis, Runnable task) {
        stopTimer();
        timer = WorkerUtils.executeAfter(exchange.getIoThread(), task, millis, TimeUnit.MILLISECONDS);
    }

    private void stopTimer() {
        if (timer != null) {
            timer.remove();
            timer = null;
        }
    }
}
