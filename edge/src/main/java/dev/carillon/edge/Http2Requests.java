package dev.carillon.edge;

import io.undertow.protocols.http2.Http2Channel;
import io.undertow.protocols.http2.Http2StreamSourceChannel;
import io.undertow.server.ExchangeCompletionListener;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.ServerConnection;
import io.undertow.server.protocol.framed.AbstractFramedChannel;
import io.undertow.server.protocol.http2.Http2ServerConnection;
import io.undertow.util.AttachmentKey;
import io.undertow.util.Headers;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.StreamSourceConduit;

/**
 * Rules of HTTP/2 requests that Undertow does not enforce: it announces a limit of open streams but accepts any number, passes on requests
 * whose body differs from their Content-Length (RFC 9113, sections 5.1.2 and 8.1.1), and does not end requests whose connection closes
 * within their body. Requests may end on other threads than the connection's I/O thread.
 */
public final class Http2Requests {
    private static final Logger LOGGER = LoggerFactory.getLogger(Http2Requests.class);
    private static final AttachmentKey<OpenRequests> OPEN = AttachmentKey.create(OpenRequests.class);
    private static final int REFUSED_STREAM = 7;
    private static final @Nullable VarHandle REQUEST =
            find(Http2ServerConnection.class, "requestChannel", Http2StreamSourceChannel.class);
    private static final @Nullable VarHandle CHANNEL = find(Http2ServerConnection.class, "channel", Http2Channel.class);
    private static final @Nullable VarHandle CONNECTION =
            find(AbstractFramedChannel.class, "channel", StreamConnection.class);

    private Http2Requests() {}

    /** The open requests of a connection. */
    private static final class OpenRequests implements ExchangeCompletionListener, ServerConnection.CloseListener {
        /** Requests that were incomplete when they were admitted. */
        private final Set<HttpServerExchange> incomplete = ConcurrentHashMap.newKeySet();

        private final AtomicInteger count = new AtomicInteger();
        private final ClientConnections.@Nullable Http2 connection;

        OpenRequests(ClientConnections.@Nullable Http2 connection) {
            this.connection = connection;
        }

        int count() {
            return count.get();
        }

        void add(HttpServerExchange exchange, @Nullable Http2StreamSourceChannel request) {
            count.incrementAndGet();
            if (connection != null) {
                connection.opensStream(request == null ? 1 : request.getStreamId());
            }
            exchange.addExchangeCompleteListener(this);
            if (!exchange.isRequestComplete()) {
                incomplete.add(exchange);
            }
        }

        @Override
        public void exchangeEvent(HttpServerExchange exchange, NextListener next) {
            if (count.decrementAndGet() == 0 && connection != null) {
                connection.lastStreamEnded();
                if (count.get() > 0) {
                    // Another request started meanwhile, as this one has ended on another thread.
                    connection.hasStream();
                }
            }
            incomplete.remove(exchange);
            next.proceed();
        }

        /** Undertow takes an incomplete body for complete and does not notify its reader, so that the exchange would never end. */
        @Override
        public void closed(ServerConnection closed) {
            for (HttpServerExchange exchange : incomplete) {
                Http2StreamSourceChannel body = request((Http2ServerConnection) exchange.getConnection());
                if (body != null && isCutOff(body)) {
                    exchange.endExchange();
                }
            }
        }

        private static boolean isCutOff(Http2StreamSourceChannel body) {
            try {
                int _ = body.read(ByteBuffer.allocate(1));
                return false;
            } catch (IOException e) {
                return true;
            }
        }
    }

    /**
     * Counts a request until it has ended. To be called first for each request, of any HTTP version.
     *
     * @return false when the connection has too many streams and the request's stream was reset; it must not be handled
     */
    public static boolean admit(HttpServerExchange exchange, int maxStreams) {
        if (!(exchange.getConnection() instanceof Http2ServerConnection stream)) {
            return true;
        }
        OpenRequests open = stream.getAttachment(OPEN);
        if (open == null) {
            open = new OpenRequests(connection(stream));
            stream.putAttachment(OPEN, open);
            stream.addCloseListener(open);
        }
        open.add(exchange, request(stream));
        if (open.count() <= maxStreams) {
            return true;
        }
        refuse(stream);
        return false;
    }

    /** Whether the request ended with its head although its Content-Length announces a body. */
    public static boolean lacksBody(HttpServerExchange exchange) {
        return exchange.getConnection() instanceof Http2ServerConnection
                && exchange.isRequestComplete()
                && exchange.getRequestContentLength() > 0
                // A request that upgraded to HTTP/2 has this header, and its body was read before.
                && !exchange.getRequestHeaders().contains(Headers.CONNECTION);
    }

    /** Lets reads of the body fail if it ends before its Content-Length. */
    public static void watchBody(HttpServerExchange exchange) {
        long length = exchange.getRequestContentLength();
        if (length > 0 && exchange.getConnection() instanceof Http2ServerConnection && !exchange.isRequestComplete()) {
            exchange.addRequestWrapper((factory, x) -> new Body(factory.create(), length));
        }
    }

    private static ClientConnections.@Nullable Http2 connection(Http2ServerConnection stream) {
        if (CHANNEL == null || CONNECTION == null || !(CHANNEL.get(stream) instanceof Http2Channel channel)) {
            return null;
        }
        return ClientConnections.http2((StreamConnection) CONNECTION.get(channel));
    }

    private static void refuse(Http2ServerConnection stream) {
        Http2StreamSourceChannel request = request(stream);
        if (request != null) {
            request.getHttp2Channel().sendRstStream(request.getStreamId(), REFUSED_STREAM);
        } else {
            IoUtils.safeClose(stream);
        }
    }

    /** Null for a request that started in HTTP/1.1. */
    private static @Nullable Http2StreamSourceChannel request(Http2ServerConnection stream) {
        return REQUEST == null ? null : (Http2StreamSourceChannel) REQUEST.get(stream);
    }

    private static @Nullable VarHandle find(Class<?> of, String field, Class<?> type) {
        try {
            return MethodHandles.privateLookupIn(of, MethodHandles.lookup()).findVarHandle(of, field, type);
        } catch (ReflectiveOperationException e) {
            LOGGER.atWarn()
                    .addKeyValue("reason", e.getMessage())
                    .log(
                            "unknown version of Undertow: excess HTTP/2 streams are cancelled, and idle HTTP/2 connections are not closed for new ones");
            return null;
        }
    }

    /** Fails when the body ends before the given length. Undertow refuses longer bodies. */
    private static final class Body extends AbstractStreamSourceConduit<StreamSourceConduit> {
        private long left;

        Body(StreamSourceConduit next, long length) {
            super(next);
            this.left = length;
        }

        @Override
        public int read(ByteBuffer to) throws IOException {
            return (int) counted(next.read(to));
        }

        @Override
        public long read(ByteBuffer[] to, int from, int count) throws IOException {
            return counted(next.read(to, from, count));
        }

        @Override
        public long transferTo(long position, long count, FileChannel target) throws IOException {
            return counted(next.transferTo(position, count, target));
        }

        @Override
        public long transferTo(long count, ByteBuffer through, StreamSinkChannel target) throws IOException {
            long n = next.transferTo(count, through, target);
            left -= through.remaining();
            return counted(n);
        }

        private long counted(long n) throws IOException {
            if (n < 0 && left > 0) {
                throw new IOException("the body is shorter than its Content-Length");
            }
            left -= Math.max(0, n);
            return n;
        }
    }
}
