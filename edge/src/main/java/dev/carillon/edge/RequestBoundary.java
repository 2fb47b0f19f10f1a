package dev.carillon.edge;

import io.undertow.Undertow;
import io.undertow.connector.PooledByteBuffer;
import io.undertow.server.ExchangeCompletionListener;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.OpenListener;
import io.undertow.server.protocol.http.HttpServerConnection;
import io.undertow.util.Headers;
import io.undertow.util.StatusCodes;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.ChannelListener;
import org.xnio.ChannelListeners;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;
import org.xnio.channels.AcceptingChannel;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.conduits.AbstractStreamSinkConduit;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.ConduitReadableByteChannel;
import org.xnio.conduits.StreamSinkConduit;
import org.xnio.conduits.StreamSourceConduit;

/**
 * What holds on a connection of HTTP/1.1 below Undertow's parser, which has no hook for it: empty lines before a request are skipped
 * (RFC 9112, section 2.2), the bytes of each head and of each body in chunks are checked ({@link HeadScan}, {@link ChunkScan}), and a
 * request that breaks a rule or that Undertow cannot parse is answered by a problem, where Undertow sends a bare 400.
 *
 * <p>{@link Source} lies below HTTP on each connection. In a head it looks at what is read; then it lets pass until {@link #watch} has
 * it look at a body in chunks; at the end of the request the next head begins, with what was read of it early. With each read at a
 * boundary it puts a {@link Sink} above the socket, which every answer to a parsed request replaces: so only an answer that Undertow's
 * parser writes itself goes through it. All on the connection's I/O thread.
 */
public final class RequestBoundary implements ChannelListener<StreamConnection> {
    private static final Logger LOGGER = LoggerFactory.getLogger(RequestBoundary.class);
    /** Of line ends before one request: a client that sends nothing else must not be read for ever. */
    private static final int MAX_SKIPPED = 8;
    /** What is read of a client that was refused, so that its side does not reset the connection before it has the answer. */
    private static final int MAX_DROPPED_BYTES = 256 * 1024;

    private static final int LINGER_MILLIS = 2_000;

    private static final byte[] BARE = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            .getBytes(StandardCharsets.US_ASCII);
    private static final ExchangeCompletionListener BETWEEN = RequestBoundary::between;

    private final ChannelListener<StreamConnection> next;
    private final Rules rules;

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
        ClientConnections.Client client = rules.connections().opened(connection);
        if (client == null) {
            return;
        }
        Http2Guard.install(connection, rules.stallTimeout());
        connection
                .getSourceChannel()
                .setConduit(new Source(connection.getSourceChannel().getConduit(), connection, rules, client));
        next.handleEvent(connection);
    }

    /** To be called for each request, before its body is read. */
    public static void watch(HttpServerExchange exchange) {
        Source source = source(exchange);
        if (source != null && source.exchange != exchange) {
            source.request(exchange);
            exchange.addExchangeCompleteListener(BETWEEN);
        }
    }

    /** The rule that the body of the request is known to break; null: none so far. */
    public static @Nullable Violation violation(HttpServerExchange exchange) {
        Source source = source(exchange);
        return source == null ? null : source.violation;
    }

    /**
     * Frees a connection that serves HTTP no more.
     *
     * @return to be called when the connection's close listeners were taken away: it is counted again, until it closes
     */
    public static Runnable remove(StreamConnection connection) {
        if (connection.getSourceChannel().getConduit() instanceof Source source) {
            connection.getSourceChannel().setConduit(Http2Guard.below(source.socket()));
            source.client.asks();
            return source.client::count;
        }
        return () -> {};
    }

    private static @Nullable Source source(HttpServerExchange exchange) {
        return exchange.getConnection() instanceof HttpServerConnection connection
                        && connection.getOriginalSourceConduit() instanceof Source source
                ? source
                : null;
    }

    private static void between(HttpServerExchange exchange, ExchangeCompletionListener.NextListener then) {
        Source source = source(exchange);
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
            source.connection.getIoThread().execute(() -> source.refuse(wrong));
        } else if (exchange.isInIoThread()) {
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

    private static byte[] answer(Violation violation) {
        boolean tooLarge = violation.kind() == Violation.Kind.TOO_LARGE;
        String title = tooLarge ? "Request Entity Too Large" : "Bad Request";
        int status = tooLarge ? StatusCodes.REQUEST_ENTITY_TOO_LARGE : StatusCodes.BAD_REQUEST;
        String body = "{\"type\":\"about:blank\",\"title\":\"" + title + "\",\"status\":" + status + ",\"code\":\""
                + (tooLarge ? "too-large" : "invalid-request") + "\",\"detail\":\"" + violation.detail() + "\"}";
        return ("HTTP/1.1 " + status + " " + title + "\r\nContent-Type: application/problem+json\r\nContent-Length: "
                        + body.length() + "\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n"
                        + "Connection: close\r\n\r\n" + body)
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static final class Source extends AbstractStreamSourceConduit<StreamSourceConduit> {
        private final StreamConnection connection;
        private final StreamSinkConduit out;
        private final Rules rules;
        private final ClientConnections.Client client;
        private final HeadScan head = new HeadScan();
        private boolean atBoundary = true;
        private int left = MAX_SKIPPED;
        /** Of the request whose body is read; null: it has none in chunks. */
        private @Nullable ChunkScan chunks;

        private @Nullable HttpServerExchange exchange;
        private @Nullable Violation violation;
        private boolean refused;
        /** The first part of its preface has come. */
        private boolean awaitsHttp2;

        private int dropped;

        Source(StreamSourceConduit next, StreamConnection connection, Rules rules, ClientConnections.Client client) {
            super(next);
            this.connection = connection;
            this.out = connection.getSinkChannel().getConduit();
            this.rules = rules;
            this.client = client;
        }

        StreamSourceConduit socket() {
            return next;
        }

        void guard() {
            connection
                    .getSinkChannel()
                    .setConduit(new Sink(
                            connection.getSinkChannel().getConduit(), answer(Violation.of(rules.unreadable()))));
        }

        /** A head was parsed: what was read behind it is its body, if it has one. */
        void request(HttpServerExchange next) {
            exchange = next;
            if (!next.getRequestHeaders().contains(Headers.TRANSFER_ENCODING)) {
                return;
            }
            chunks = new ChunkScan(rules.maxChunkedBytes());
            HttpServerConnection http = (HttpServerConnection) next.getConnection();
            PooledByteBuffer early = http.getExtraBytes();
            if (early != null) {
                violation = chunks.scan(
                        early.getBuffer(),
                        early.getBuffer().position(),
                        early.getBuffer().limit());
                if (violation != null) {
                    drop(http, early);
                }
            }
        }

        /** What follows may be HTTP/2. */
        void ended(HttpServerConnection http) {
            PooledByteBuffer early = http.getExtraBytes();
            try {
                Http2Guard.requestEnded(next, early == null ? null : early.getBuffer());
            } catch (IOException e) {
                // Its connection was closed.
                LOGGER.debug("a client floods at its change to HTTP/2");
            }
        }

        /** The request has ended and the connection goes on: what was read behind it begins the next one. */
        @Nullable
        Violation nextRequest(HttpServerConnection http) {
            if (violation != null || (chunks != null && !chunks.isDone())) {
                // Undertow and this would take different bytes for the next request.
                IoUtils.safeClose(connection);
                return null;
            }
            chunks = null;
            exchange = null;
            head.begin();
            client.waits();
            PooledByteBuffer early = http.getExtraBytes();
            int skipped = early == null ? 0 : skip(early.getBuffer(), MAX_SKIPPED);
            left = MAX_SKIPPED - skipped;
            atBoundary = early == null || !early.getBuffer().hasRemaining();
            if (early == null) {
                return null;
            }
            if (atBoundary) {
                drop(http, early);
                return null;
            }
            // What is left of them is the beginning of a request already.
            Violation wrong = head.scan(
                    early.getBuffer(),
                    early.getBuffer().position(),
                    early.getBuffer().limit());
            tell(true);
            if (wrong != null) {
                refused = true;
                drop(http, early);
            }
            return wrong;
        }

        /** Answers in place of Undertow, and drops what still comes until the client has seen it. */
        void refuse(Violation wrong) {
            refused = true;
            send(wrong);
            connection
                    .getIoThread()
                    .executeAfter(() -> IoUtils.safeClose(connection), LINGER_MILLIS, TimeUnit.MILLISECONDS);
        }

        @Override
        public int read(ByteBuffer to) throws IOException {
            int begin = to.position();
            if (refused) {
                return drop(to, begin);
            }
            if (violation != null) {
                throw new IOException(violation.detail());
            }
            int n = next.read(to);
            if (awaitsHttp2) {
                preface(n);
            }
            if (n <= 0) {
                return n;
            }
            if (chunks != null) {
                body(chunks, to, begin);
                return n;
            }
            return head.isDone() ? n : head(to, begin, n);
        }

        @Override
        public long read(ByteBuffer[] to, int offset, int length) throws IOException {
            if (passes()) {
                return next.read(to, offset, length);
            }
            for (int i = offset; i < offset + length; i++) {
                if (to[i].hasRemaining()) {
                    return read(to[i]);
                }
            }
            return 0;
        }

        @Override
        public long transferTo(long position, long count, FileChannel target) throws IOException {
            return passes()
                    ? next.transferTo(position, count, target)
                    : target.transferFrom(new ConduitReadableByteChannel(this), position, count);
        }

        @Override
        public long transferTo(long count, ByteBuffer buffer, StreamSinkChannel target) throws IOException {
            return passes()
                    ? next.transferTo(count, buffer, target)
                    : IoUtils.transfer(new ConduitReadableByteChannel(this), count, buffer, target);
        }

        /** Whether what is read is not looked at. */
        private boolean passes() {
            return !refused && violation == null && chunks == null && head.isDone() && !awaitsHttp2;
        }

        private void tell(boolean first) {
            if (head.isPreface() && !Http2Guard.isHttp2(next)) {
                awaitsHttp2 = true;
                // Undertow waits for the rest without a limit.
                connection
                        .getIoThread()
                        .executeAfter(
                                () -> {
                                    if (awaitsHttp2) {
                                        IoUtils.safeClose(connection);
                                    }
                                },
                                rules.stallTimeout().toMillis(),
                                TimeUnit.MILLISECONDS);
            } else if (head.isDone()) {
                client.asks();
            } else if (first) {
                client.begins();
            }
        }

        /** After a reading behind the first part of the preface. */
        private void preface(int n) {
            if (Http2Guard.isHttp2(next)) {
                awaitsHttp2 = false;
                client.asks();
            } else if (n < 0) {
                IoUtils.safeClose(connection);
            }
        }

        private int head(ByteBuffer to, int begin, int n) throws IOException {
            int skipped = 0;
            boolean first = atBoundary;
            if (atBoundary) {
                if (!(connection.getSinkChannel().getConduit() instanceof Sink)) {
                    guard();
                }
                ByteBuffer come = to.duplicate().flip().position(begin);
                skipped = skip(come, left);
                left -= skipped;
                atBoundary = !come.hasRemaining();
                if (skipped > 0) {
                    to.position(begin).put(come);
                }
                if (atBoundary) {
                    return read(to);
                }
            }
            Violation wrong = head.scan(to, begin, to.position());
            tell(first);
            if (wrong != null) {
                to.position(begin);
                refuse(wrong);
                return 0;
            }
            return n - skipped;
        }

        private void body(ChunkScan scan, ByteBuffer to, int begin) throws IOException {
            Violation wrong = scan.scan(to, begin, to.position());
            if (wrong == null) {
                return;
            }
            violation = wrong;
            to.position(begin);
            HttpServerExchange request = exchange;
            if (request != null && !request.isResponseStarted()) {
                // Undertow closes the connection as soon as it sees the failure.
                send(wrong);
            }
            int n = next.read(to);
            while (n > 0 && dropped < MAX_DROPPED_BYTES) {
                dropped += n;
                to.position(begin);
                n = next.read(to);
            }
            to.position(begin);
            throw new IOException(wrong.detail());
        }

        private void send(Violation wrong) {
            ByteBuffer answer = ByteBuffer.wrap(answer(wrong));
            try {
                while (answer.hasRemaining() && out.write(answer) > 0) {
                    // A client that has taken its answers so far takes this one, too.
                }
                out.terminateWrites();
                out.flush();
            } catch (IOException e) {
                IoUtils.safeClose(connection);
            }
        }

        private int drop(ByteBuffer to, int begin) throws IOException {
            int n = next.read(to);
            to.position(begin);
            dropped += Math.max(0, n);
            return n < 0 || dropped > MAX_DROPPED_BYTES ? -1 : 0;
        }

        private static void drop(HttpServerConnection http, PooledByteBuffer early) {
            early.close();
            http.setExtraBytes(null);
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
