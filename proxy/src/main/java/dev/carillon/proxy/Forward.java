package dev.carillon.proxy;

import io.undertow.client.ClientCallback;
import io.undertow.client.ClientConnection;
import io.undertow.client.ClientExchange;
import io.undertow.client.ClientResponse;
import io.undertow.client.UndertowClient;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.protocol.http.HttpServerConnection;
import io.undertow.util.Headers;
import io.undertow.util.StatusCodes;
import io.undertow.util.WorkerUtils;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.StreamConnection;
import org.xnio.XnioExecutor;
import org.xnio.channels.StreamSinkChannel;

/**
 * One request on its way to a node and back. All of it runs on the I/O thread of the client's connection, which the connection
 * to the node shares; {@link #cutFromOutside} alone may be called from others.
 *
 * <p>It is tried at another node only while nothing was sent: connecting failed. What was cut never looks complete.
 */
final class Forward implements Runnable {
    private enum Phase {
        CONNECTING,
        /** Something was sent, no head came. */
        WAITING,
        /** The head is at the client. */
        ANSWERING,
        TUNNEL,
        ENDED
    }

    /** Else a body waits for the node's word that its head has come, which the node delays by up to 40 ms. */
    private static final OptionMap UPSTREAM = OptionMap.create(Options.TCP_NODELAY, true);

    private static final int UPGRADE_SECONDS = 5;

    private final HttpServerExchange exchange;
    private final StickyProxy.Parts parts;
    private final Runnable ended;
    private final StickyCookie.Sent cookies;
    private final Set<Node> tried = new HashSet<>();

    private Phase phase = Phase.CONNECTING;
    private @Nullable Node node;
    private @Nullable ClientConnection upstream;
    private XnioExecutor.@Nullable Key timer;
    private @Nullable Relay requestRelay;
    private @Nullable Relay responseRelay;
    private @Nullable StreamSinkChannel responseSink;
    private @Nullable Tunnel tunnel;
    private @Nullable ClientWatch watch;
    private boolean requestSent;
    /** The client has ended its sending side, which it also does when it leaves. */
    private boolean inputEnded;

    private boolean streaming;
    private long sentBefore;

    /** @param ended called once, when nothing of the request is left */
    Forward(HttpServerExchange exchange, StickyProxy.Parts parts, Runnable ended) {
        this.exchange = exchange;
        this.parts = parts;
        this.ended = ended;
        this.cookies = StickyCookie.read(Heads.values(exchange.getRequestHeaders(), Headers.COOKIE));
    }

    @Override
    public void run() {
        exchange.addExchangeCompleteListener((x, next) -> {
            Relay relay = responseRelay;
            if (phase == Phase.ANSWERING && relay != null && relay.sourceEnded()) {
                answered();
            } else if (phase != Phase.TUNNEL) {
                // The client reset its stream, or had its answer before.
                clientLeft();
            }
            next.proceed();
        });
        next();
    }

    /** The node is down, or the proxy closes: whatever is open is cut. */
    void cutFromOutside() {
        exchange.getIoThread().execute(() -> {
            switch (phase) {
                case CONNECTING -> {} // Connecting ends by itself, and soon.
                case WAITING -> refuse(Refusal.NODE_FAILED);
                case ANSWERING, TUNNEL -> cut();
                case ENDED -> {}
            }
        });
    }

    private void next() {
        leaveNode();
        Node chosen = parts.nodes().choose(cookies.value(), tried);
        if (chosen == null) {
            refuse(Refusal.NO_NODE);
            return;
        }
        tried.add(chosen);
        node = chosen;
        if (!chosen.enter(this)) {
            next();
            return;
        }
        ClientConnection idle = chosen.idle().take(exchange.getIoThread());
        if (idle == null) {
            connect(chosen);
        } else {
            send(chosen, idle);
        }
    }

    private void connect(Node to) {
        var waiting = new ClientCallback<ClientConnection>() {
            private boolean over;

            @Override
            public void completed(ClientConnection connection) {
                if (over || phase != Phase.CONNECTING) {
                    Upstream.cut(connection);
                    return;
                }
                over = true;
                stopTimer();
                send(to, connection);
            }

            @Override
            public void failed(IOException e) {
                // Other failures are this machine's, such as too many open files: they say nothing about the node.
                boolean unreachable = e instanceof ConnectException || e instanceof NoRouteToHostException;
                failed(unreachable ? "connection refused" : null);
            }

            private void failed(@Nullable String why) {
                if (over || phase != Phase.CONNECTING) {
                    return;
                }
                over = true;
                stopTimer();
                if (why != null) {
                    to.unreachable(why);
                }
                next();
            }
        };
        startTimer(parts.limits().connectTimeout().toMillis(), () -> waiting.failed("no connection in time"));
        UndertowClient.getInstance()
                .connect(
                        waiting,
                        null,
                        to.address(),
                        exchange.getIoThread(),
                        null,
                        exchange.getConnection().getByteBufferPool(),
                        UPSTREAM);
    }

    private void send(Node to, ClientConnection connection) {
        if (to.state() == NodeState.DOWN) {
            // Since it was chosen: it cut what was open then.
            Upstream.cut(connection);
            next();
            return;
        }
        upstream = connection;
        phase = Phase.WAITING;
        awaitHead();
        connection.sendRequest(parts.heads().request(exchange, cookies, to), new ClientCallback<>() {
            @Override
            public void completed(ClientExchange sent) {
                sending(sent);
            }

            @Override
            public void failed(IOException e) {
                nodeFailed();
            }
        });
    }

    private void sending(ClientExchange sent) {
        sent.setResponseListener(new ClientCallback<>() {
            @Override
            public void completed(ClientExchange answered) {
                answer(answered);
            }

            @Override
            public void failed(IOException e) {
                nodeFailed();
            }
        });
        if (exchange.isRequestComplete()) {
            requestSent();
            return;
        }
        Relay relay = new Relay(
                exchange.getRequestChannel(),
                sent.getRequestChannel(),
                rules(parts.limits().maxBodyBytes()),
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
        if (phase != Phase.ENDED && !Heads.isWebSocket(exchange)) {
            watch = ClientWatch.start(exchange, new ClientWatch.Listener() {
                @Override
                public void inputEnded() {
                    inputEnded = true;
                    if (streaming) {
                        clientLeft();
                    }
                }

                @Override
                public void broken() {
                    clientLeft();
                }
            });
            if (streaming && watch != null) {
                watch.dropRequests();
            }
        }
    }

    private void requestFailed(Relay.Fault fault) {
        switch (fault) {
            case SOURCE -> clientLeft();
            case TOO_LARGE -> {
                if (phase == Phase.WAITING) {
                    refuse(Refusal.TOO_LARGE);
                } else {
                    cut();
                }
            }
            case SINK -> {} // The node may have answered before it closed: reading will tell.
        }
    }

    private void answer(ClientExchange answered) {
        if (phase != Phase.WAITING) {
            return;
        }
        ClientResponse response = answered.getResponse();
        boolean upgraded = response.getResponseCode() == StatusCodes.SWITCHING_PROTOCOLS;
        if (response.getResponseCode() < StatusCodes.OK && !(upgraded && Heads.isWebSocket(exchange))) {
            nodeFailed();
            return;
        }
        stopTimer();
        parts.heads().response(response, exchange);
        if (node != null && !node.cookie().equals(cookies.value())) {
            exchange.getResponseHeaders()
                    .add(
                            Headers.SET_COOKIE,
                            StickyCookie.header(
                                    node.cookie(),
                                    parts.secureCookie() || parts.heads().isSecure(exchange)));
        }
        if (upgraded) {
            upgrade();
            return;
        }
        phase = Phase.ANSWERING;
        streaming = Heads.isStream(response, exchange.getRequestMethod());
        if (streaming) {
            // It may last for days: nothing is asked behind it, and a client that ends its side has left, as for a
            // node.
            if (inputEnded) {
                clientLeft();
                return;
            }
            if (watch != null) {
                watch.dropRequests();
            }
        }
        if (Heads.endsWithConnection(response, exchange.getRequestMethod())) {
            // The client is to know as little as the proxy whether that end is the real one.
            exchange.setPersistent(false);
        }
        StreamSinkChannel sink = exchange.getResponseChannel();
        if (streaming) {
            // Only now, so that the head does not say close: some clients take the end of such a connection for a
            // complete stream.
            exchange.setPersistent(false);
        }
        responseSink = sink;
        Relay relay = new Relay(answered.getResponseChannel(), sink, rules(Long.MAX_VALUE), new Relay.Listener() {
            @Override
            public void ended() {
                answered();
            }

            @Override
            public void failed(Relay.Fault fault) {
                cut();
            }
        });
        responseRelay = relay;
        relay.start();
    }

    private void answered() {
        if (phase != Phase.ANSWERING) {
            return;
        }
        ClientConnection used = upstream;
        Node from = node;
        upstream = null;
        if (used != null && from != null) {
            if (requestSent && used.isOpen() && !used.isUpgraded() && from.state() != NodeState.DOWN) {
                from.idle().put(used);
            } else {
                Upstream.cut(used);
            }
        }
        finish();
        // Reads what is left of a request that was answered early.
        exchange.endExchange();
    }

    private void upgrade() {
        phase = Phase.TUNNEL;
        startTimer(TimeUnit.SECONDS.toMillis(UPGRADE_SECONDS), this::cut);
        exchange.upgradeChannel((client, x) -> {
            ClientConnection used = upstream;
            stopTimer();
            if (phase != Phase.TUNNEL || used == null) {
                IoUtils.safeClose(client);
                return;
            }
            try {
                StreamConnection socket = used.performUpgrade();
                Tunnel both = new Tunnel(client, socket, rules(Long.MAX_VALUE), this::finish);
                tunnel = both;
                both.start();
            } catch (IOException e) {
                IoUtils.safeClose(client);
                cut();
            }
        });
        exchange.endExchange();
    }

    private Relay.Rules rules(long maxBytes) {
        return new Relay.Rules(
                exchange.getConnection().getByteBufferPool(),
                maxBytes,
                parts.limits().idleTimeout().toMillis());
    }

    private void nodeFailed() {
        if (phase == Phase.WAITING) {
            refuse(Refusal.NODE_FAILED);
        }
    }

    private void awaitHead() {
        startTimer(parts.limits().responseTimeout().toMillis(), () -> {
            Relay sending = requestRelay;
            long sent = sending == null ? 0 : sending.bytes();
            if (!requestSent && sent > sentBefore) {
                sentBefore = sent;
                awaitHead();
            } else {
                boolean byClient = !requestSent && sending != null && sending.wantsSource();
                refuse(byClient ? Refusal.TIMEOUT : Refusal.NODE_TIMEOUT);
            }
        });
    }

    /** Before a head was passed on. */
    private void refuse(Refusal refusal) {
        if (phase == Phase.CONNECTING || phase == Phase.WAITING) {
            finish();
            refusal.answer(exchange);
        }
    }

    private void clientLeft() {
        if (phase != Phase.ENDED) {
            cut();
        }
    }

    /** Closes both sides, so that the client sees a broken answer: a closed connection, or a reset stream of HTTP/2. */
    private void cut() {
        if (phase == Phase.ENDED) {
            return;
        }
        Tunnel open = tunnel;
        finish();
        if (open != null) {
            open.close();
        } else if (exchange.getConnection() instanceof HttpServerConnection connection) {
            IoUtils.safeClose(connection);
        } else if (responseSink == null && !exchange.isComplete()) {
            // One stream of several, whose answer has not begun: resets it.
            IoUtils.safeClose(exchange.getConnection());
        } else {
            IoUtils.safeClose(responseSink);
        }
    }

    private void finish() {
        if (phase == Phase.ENDED) {
            return;
        }
        phase = Phase.ENDED;
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
        leaveNode();
        ended.run();
    }

    private void leaveNode() {
        if (node != null) {
            node.leave(this);
            node = null;
        }
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
