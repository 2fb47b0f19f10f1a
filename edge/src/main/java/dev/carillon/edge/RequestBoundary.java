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
 * Rules of HTTP/1.1 connections below Undertow's parser, which has no hooks for them: empty lines before a request are skipped (RFC 9112,
 * section 2.2), each head and each chunked body is validated ({@link HeadScan}, {@link ChunkScan}), and a request that is invalid or that
 * Undertow cannot parse is answered by a problem instead of an empty 400.
 *
 * <p>A {@link RequestSource} below HTTP on each connection scans the head. It then passes bytes on, unless {@link #watch} tells it to scan
 * a chunked body. When the request has ended it scans the next head, starting with the bytes that were read early. At each boundary it
 * installs a {@link ProblemSink} above the socket. An answer to a parsed request replaces that sink, so that only answers of Undertow's
 * parser pass through it. All on the connection's I/O thread.
 */
public final class RequestBoundary implements ChannelListener<StreamConnection> {
    private static final Logger LOGGER = LoggerFactory.getLogger(RequestBoundary.class);
    private static final ExchangeCompletionListener BETWEEN = RequestBoundary::between;

    private final ChannelListener<StreamConnection> next;
    private final Rules rules;
    private final byte[] unreadable;

    /**
     * The rules of a server's connections.
     *
     * @param maxChunkedBytes size limit of a chunked body
     * @param stallTimeout how long an HTTP/2 client may receive nothing
     * @param unreadable detail of the answer to a request that Undertow cannot parse, in ASCII
     */
    public record Rules(
            long maxChunkedBytes, Duration stallTimeout, String unreadable, ClientConnections connections) {}

    private RequestBoundary(ChannelListener<StreamConnection> next, Rules rules) {
        this.next = next;
        this.rules = rules;
        this.unreadable = ProblemSink.answer(Violation.of(rules.unreadable()));
    }

    /** Installs the rules on a started server. */
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
                            "unknown version of Undertow: requests are not validated, and connections and HTTP/2 clients are not limited");
        }
    }

    /** Watches requests that upgrade to HTTP/2, which Undertow answers itself. With TLS there are none, and no root handler. */
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
            // For a connection that was queued before the listener closed, XNIO would log an error with a stack trace.
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

    /** Whether the request's head was scanned before Undertow parsed it. */
    static boolean isScanned(HttpServerExchange exchange) {
        return source(exchange) != null;
    }

    /** The violation found in the request's body; null: none so far. */
    public static @Nullable Violation violation(HttpServerExchange exchange) {
        RequestSource source = source(exchange);
        return source == null ? null : source.violation();
    }

    /**
     * Removes the rules from a connection that no longer serves HTTP.
     *
     * @return a task to be called after the connection's close listeners were removed; it counts the connection until it closes
     */
    public static Runnable remove(StreamConnection connection) {
        if (connection.getSourceChannel().getConduit() instanceof RequestSource source) {
            connection.getSourceChannel().setConduit(Http2Guard.below(source.socket()));
            return source.detach();
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
            source.installProblemSink();
        }
    }
}
