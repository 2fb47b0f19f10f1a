package dev.carillon.edge;

import io.undertow.Undertow;
import io.undertow.connector.PooledByteBuffer;
import io.undertow.server.AbstractServerConnection;
import io.undertow.server.ExchangeCompletionListener;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.OpenListener;
import io.undertow.server.protocol.http.HttpServerConnection;
import io.undertow.util.Headers;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.ChannelListener;
import org.xnio.ChannelListeners;
import org.xnio.StreamConnection;
import org.xnio.channels.AcceptingChannel;
import org.xnio.conduits.AbstractStreamSinkConduit;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.StreamSinkConduit;
import org.xnio.conduits.StreamSourceConduit;

/**
 * What holds on a connection of HTTP/1.1 before a request's first byte, where Undertow has no hook: empty lines are skipped (RFC 9112,
 * section 2.2), and a request that Undertow cannot parse is answered by a problem, where Undertow sends a bare 400.
 *
 * <p>{@link Source} lies below HTTP on each connection. While {@code atBoundary} it skips line ends, and with each read it puts a
 * {@link Sink} above the socket, which every answer to a parsed request replaces: so only an answer that Undertow's parser writes
 * itself goes through it. All on the connection's I/O thread.
 */
public final class RequestBoundary implements ChannelListener<StreamConnection> {
    private static final Logger LOGGER = LoggerFactory.getLogger(RequestBoundary.class);
    /** Of line ends before one request: a client that sends nothing else must not be read for ever. */
    private static final int MAX_SKIPPED = 8;

    private static final byte[] BARE = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            .getBytes(StandardCharsets.US_ASCII);
    private static final ExchangeCompletionListener BETWEEN = RequestBoundary::between;

    private final ChannelListener<StreamConnection> next;
    private final byte[] problem;
    private final Duration stallTimeout;

    private RequestBoundary(ChannelListener<StreamConnection> next, byte[] problem, Duration stallTimeout) {
        this.next = next;
        this.problem = problem;
        this.stallTimeout = stallTimeout;
    }

    /**
     * Has the started server's connections keep to this.
     *
     * @param problem the body of the answer to a request that cannot be parsed, ASCII
     * @param stallTimeout how long a client of HTTP/2 may take nothing of what is sent to it
     */
    public static void install(Undertow undertow, String problem, Duration stallTimeout) {
        byte[] answer = ("HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nContent-Length: "
                        + problem.length() + "\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n"
                        + "Connection: close\r\n\r\n" + problem)
                .getBytes(StandardCharsets.US_ASCII);
        try {
            MethodHandles.Lookup lookup =
                    MethodHandles.privateLookupIn(Undertow.ListenerInfo.class, MethodHandles.lookup());
            VarHandle channel = lookup.findVarHandle(Undertow.ListenerInfo.class, "channel", AcceptingChannel.class);
            VarHandle opener = lookup.findVarHandle(Undertow.ListenerInfo.class, "openListener", OpenListener.class);
            for (Undertow.ListenerInfo listener : undertow.getListenerInfo()) {
                OpenListener next = (OpenListener) opener.get(listener);
                watchUpgrades(next);
                install((AcceptingChannel<?>) channel.get(listener), new RequestBoundary(next, answer, stallTimeout));
            }
        } catch (ReflectiveOperationException e) {
            LOGGER.atWarn()
                    .addKeyValue("reason", e.getMessage())
                    .log(
                            "requests that cannot be parsed are answered without a body, and clients of HTTP/2 are not bounded: this version of Undertow is not known");
        }
    }

    /** Requests that change to HTTP/2, which Undertow answers itself; with TLS, where there are none, it names no handler. */
    private static void watchUpgrades(OpenListener listener) {
        HttpHandler root = listener.getRootHandler();
        if (root != null) {
            listener.setRootHandler(exchange -> {
                if ("h2c".equals(exchange.getRequestHeaders().getFirst(Headers.UPGRADE))) {
                    watch(exchange);
                }
                root.handleRequest(exchange);
            });
        }
    }

    @SuppressWarnings("unchecked")
    private static void install(AcceptingChannel<?> channel, RequestBoundary boundary) {
        ((AcceptingChannel<StreamConnection>) channel)
                .getAcceptSetter()
                .set(ChannelListeners.openListenerAdapter(boundary));
    }

    @Override
    public void handleEvent(StreamConnection connection) {
        Http2Guard.install(connection, stallTimeout);
        connection
                .getSourceChannel()
                .setConduit(new Source(connection.getSourceChannel().getConduit(), connection, problem));
        next.handleEvent(connection);
    }

    /** To be called for each request. */
    public static void watch(HttpServerExchange exchange) {
        if (exchange.getConnection() instanceof HttpServerConnection) {
            exchange.addExchangeCompleteListener(BETWEEN);
        }
    }

    /** Frees a connection that serves HTTP no more. */
    public static void remove(StreamConnection connection) {
        if (connection.getSourceChannel().getConduit() instanceof Source source) {
            connection.getSourceChannel().setConduit(Http2Guard.below(source.socket()));
        }
    }

    private static void between(HttpServerExchange exchange, ExchangeCompletionListener.NextListener then) {
        AbstractServerConnection connection = (AbstractServerConnection) exchange.getConnection();
        Source source = connection.getOriginalSourceConduit() instanceof Source known ? known : null;
        PooledByteBuffer early = connection.getExtraBytes();
        int skipped = early == null ? 0 : skip(early.getBuffer(), MAX_SKIPPED);
        if (source != null) {
            // What is left of them is the beginning of a request already.
            PooledByteBuffer begun = connection.getExtraBytes();
            source.atBoundary = begun == null;
            source.left = MAX_SKIPPED - skipped;
            try {
                Http2Guard.requestEnded(source.socket(), begun == null ? null : begun.getBuffer());
            } catch (IOException e) {
                // Its connection was closed.
                LOGGER.debug("a client floods at its change to HTTP/2");
            }
        }
        then.proceed();
        if (source != null && exchange.isPersistent() && !exchange.isUpgrade() && exchange.isInIoThread()) {
            source.guard();
        }
    }

    /** @return how many bytes were skipped */
    private static int skip(ByteBuffer bytes, int max) {
        int skipped = 0;
        while (skipped < max && bytes.hasRemaining() && isLineEnd(bytes.get(bytes.position()))) {
            bytes.get();
            skipped++;
        }
        return skipped;
    }

    private static boolean isLineEnd(byte b) {
        return b == '\r' || b == '\n';
    }

    private static final class Source extends AbstractStreamSourceConduit<StreamSourceConduit> {
        private final StreamConnection connection;
        private final byte[] problem;
        private boolean atBoundary = true;
        private int left = MAX_SKIPPED;

        Source(StreamSourceConduit next, StreamConnection connection, byte[] problem) {
            super(next);
            this.connection = connection;
            this.problem = problem;
        }

        StreamSourceConduit socket() {
            return next;
        }

        void guard() {
            connection
                    .getSinkChannel()
                    .setConduit(new Sink(connection.getSinkChannel().getConduit(), problem));
        }

        @Override
        public int read(ByteBuffer to) throws IOException {
            if (!atBoundary) {
                return next.read(to);
            }
            int begin = to.position();
            int n = next.read(to);
            if (n <= 0) {
                return n;
            }
            if (!(connection.getSinkChannel().getConduit() instanceof Sink)) {
                guard();
            }
            ByteBuffer come = to.duplicate().flip().position(begin);
            int skipped = skip(come, left);
            left -= skipped;
            atBoundary = !come.hasRemaining();
            if (skipped > 0) {
                to.position(begin).put(come);
            }
            return atBoundary ? read(to) : n - skipped;
        }
    }

    /** Sends the problem in place of Undertow's bare answer, and everything else as it is. */
    private static final class Sink extends AbstractStreamSinkConduit<StreamSinkConduit> {
        private final ByteBuffer problem;
        private boolean replacing;
        private boolean ending;

        Sink(StreamSinkConduit next, byte[] problem) {
            super(next);
            this.problem = ByteBuffer.wrap(problem);
        }

        @Override
        public int write(ByteBuffer bytes) throws IOException {
            if (!bytes.equals(ByteBuffer.wrap(BARE))) {
                return next.write(bytes);
            }
            replacing = true;
            bytes.position(bytes.limit());
            send();
            return BARE.length;
        }

        @Override
        public void terminateWrites() throws IOException {
            ending = true;
            if (send()) {
                next.terminateWrites();
            }
        }

        @Override
        public boolean flush() throws IOException {
            if (!send()) {
                return false;
            }
            if (replacing && ending) {
                next.terminateWrites();
            }
            return next.flush();
        }

        /** @return whether nothing is left to send */
        private boolean send() throws IOException {
            while (replacing && problem.hasRemaining()) {
                if (next.write(problem) == 0) {
                    return false;
                }
            }
            return true;
        }
    }
}
