package dev.carillon.edge;

import io.undertow.Undertow;
import io.undertow.server.ExchangeCompletionListener;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.OpenListener;
import io.undertow.server.protocol.http.HttpServerConnection;
import io.undertow.util.Headers;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.ChannelListener;
import org.xnio.ChannelListeners;
import org.xnio.StreamConnection;
import org.xnio.channels.AcceptingChannel;

/**
 * What holds on a connection of HTTP/1.1 below Undertow's parser, which has no hook for it: empty lines before a request are skipped
 * (RFC 9112, section 2.2), the bytes of each head and of each body in chunks are checked ({@link HeadScan}, {@link ChunkScan}), and a
 * request that breaks a rule or that Undertow cannot parse is answered by a problem, where Undertow sends a bare 400.
 *
 * <p>{@link RequestSource} lies below HTTP on each connection. In a head it looks at what is read; then it lets pass until {@link #watch} has
 * it look at a body in chunks; at the end of the request the next head begins, with what was read of it early. With each read at a
 * boundary it puts a {@link ProblemSink} above the socket, which every answer to a parsed request replaces: so only an answer that Undertow's
 * parser writes itself goes through it. All on the connection's I/O thread.
 */
public final class RequestBoundary implements ChannelListener<StreamConnection> {
    private static final Logger LOGGER = LoggerFactory.getLogger(RequestBoundary.class);
    private static final ExchangeCompletionListener BETWEEN = RequestBoundary::between;

    private final ChannelListener<StreamConnection> next;
    private final Rules rules;
    private final byte[] unreadable;

    /**
     * What the connections of a server keep to.
     *
     * @param maxChunkedBytes of one body in chunks
     * @param stallTimeout how long a client of HTTP/2 may take nothing of what is sent to it
     * @param unreadable why Undertow cannot parse a request, ASCII
     */
    public record Rules(
            long maxChunkedBytes, Duration stallTimeout, String unreadable, ClientConnections connections) {}

    private RequestBoundary(ChannelListener<StreamConnection> next, Rules rules) {
        this.next = next;
        this.rules = rules;
        this.unreadable = ProblemSink.answer(Violation.of(rules.unreadable()));
    }

    /** Has the started server's connections keep to this. */
    public static void install(Undertow undertow, Rules rules) {
        try {
            MethodHandles.Lookup lookup =
                    MethodHandles.privateLookupIn(Undertow.ListenerInfo.class, MethodHandles.lookup());
            VarHandle channel = lookup.findVarHandle(Undertow.ListenerInfo.class, "channel", AcceptingChannel.class);
            VarHandle opener = lookup.findVarHandle(Undertow.ListenerInfo.class, "openListener", OpenListener.class);
            for (Undertow.ListenerInfo listener : undertow.getListenerInfo()) {
                OpenListener next = (OpenListener) opener.get(listener);
                watchUpgrades(next);
                install((AcceptingChannel<?>) channel.get(listener), new RequestBoundary(next, rules));
            }
        } catch (ReflectiveOperationException e) {
            LOGGER.atWarn()
                    .addKeyValue("reason", e.getMessage())
                    .log(
                            "the bytes of requests are not checked, connections are not limited, and clients of HTTP/2 not bounded: this version of Undertow is not known");
        }
    }

    /** Requests that change to HTTP/2, which Undertow answers itself; with TLS, where there are none, it names no handler. */
    private static void watchUpgrades(OpenListener listener) {
        HttpHandler root = listener.getRootHandler();
        if (root != null) {
            listener.setRootHandler(exchange -> {
                if (asksForHttp2(exchange)) {
                    watch(exchange);
                }
                root.handleRequest(exchange);
            });
        }
    }

    static boolean asksForHttp2(HttpServerExchange exchange) {
        return "h2c".equals(exchange.getRequestHeaders().getFirst(Headers.UPGRADE));
    }

    @SuppressWarnings("unchecked")
    private static void install(AcceptingChannel<?> channel, RequestBoundary boundary) {
        ChannelListener<AcceptingChannel<StreamConnection>> accepting = ChannelListeners.openListenerAdapter(boundary);
        ((AcceptingChannel<StreamConnection>) channel).getAcceptSetter().set(open -> {
            // A connection that was queued before the listener was closed: XNIO would log an error with a stack trace.
            if (open.isOpen()) {
                accepting.handleEvent(open);
            }
        });
    }

    @Override
    public void handleEvent(StreamConnection connection) {
        ClientConnections.Client client = rules.connections().opened(connection);
        if (client == null) {
            return;
        }
        Http2Guard.install(connection, rules.stallTimeout());
        connection
                .getSourceChannel()
                .setConduit(new RequestSource(
                        connection.getSourceChannel().getConduit(), connection, rules, unreadable, client));
        next.handleEvent(connection);
    }

    /** To be called for each request, before its body is read. */
    public static void watch(HttpServerExchange exchange) {
        RequestSource source = source(exchange);
        if (source != null && source.isNew(exchange)) {
            source.request(exchange);
            exchange.addExchangeCompleteListener(BETWEEN);
        }
    }

    /** Whether the bytes of the request's head were looked at before Undertow read them. */
    static boolean isScanned(HttpServerExchange exchange) {
        return source(exchange) != null;
    }

    /** The rule that the body of the request is known to break; null: none so far. */
    public static @Nullable Violation violation(HttpServerExchange exchange) {
        RequestSource source = source(exchange);
        return source == null ? null : source.violation();
    }

    /**
     * Frees a connection that serves HTTP no more.
     *
     * @return to be called when the connection's close listeners were taken away: it is counted again, until it closes
     */
    public static Runnable remove(StreamConnection connection) {
        if (connection.getSourceChannel().getConduit() instanceof RequestSource source) {
            connection.getSourceChannel().setConduit(Http2Guard.below(source.socket()));
            return source.leave();
        }
        return () -> {};
    }

    private static @Nullable RequestSource source(HttpServerExchange exchange) {
        return exchange.getConnection() instanceof HttpServerConnection connection
                        && connection.getOriginalSourceConduit() instanceof RequestSource source
                ? source
                : null;
    }

    private static void between(HttpServerExchange exchange, ExchangeCompletionListener.NextListener then) {
        RequestSource source = source(exchange);
        if (source == null || !exchange.isPersistent() || exchange.isUpgrade()) {
            if (source != null) {
                source.ended((HttpServerConnection) exchange.getConnection());
            }
            then.proceed();
            return;
        }
        Violation wrong = source.nextRequest((HttpServerConnection) exchange.getConnection());
        source.ended((HttpServerConnection) exchange.getConnection());
        then.proceed();
        if (wrong != null) {
            exchange.getIoThread().execute(() -> source.refuse(wrong));
        } else if (exchange.isInIoThread()) {
            source.guard();
        }
    }
}
