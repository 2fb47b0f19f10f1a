package dev.carillon.transport;

import dev.carillon.edge.RequestBoundary;
import io.undertow.connector.PooledByteBuffer;
import io.undertow.server.AbstractServerConnection;
import io.undertow.server.Connectors;
import io.undertow.server.HttpServerExchange;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.ChannelListener;
import org.xnio.ChannelListeners;
import org.xnio.StreamConnection;
import org.xnio.channels.StreamSourceChannel;
import org.xnio.conduits.AbstractStreamSinkConduit;
import org.xnio.conduits.StreamSinkConduit;

/**
 * Takes a connection over from Undertow, so that headers, parser and timers of the request do not stay in memory as long as the connection:
 * they need more than everything else of an idle stream. The exchange ends with a response that is discarded; then Undertow's close
 * listeners run, which stop its timers, as if the connection had closed.
 */
final class Takeover {
    private static final Logger LOGGER = LoggerFactory.getLogger(Takeover.class);
    private static final @Nullable VarHandle CLOSE_LISTENER = find();

    private Takeover() {}

    /**
     * Detaches the connection of an exchange over HTTP/1.1 whose request is complete, on its I/O thread. Drops bytes of a next request.
     */
    static StreamConnection detach(HttpServerExchange exchange) {
        AbstractServerConnection server = (AbstractServerConnection) exchange.getConnection();
        StreamConnection connection = server.getChannel();
        PooledByteBuffer extra = server.getExtraBytes();
        if (extra != null) {
            extra.close();
            server.setExtraBytes(null);
        }
        exchange.setPersistent(true);
        exchange.addResponseWrapper((factory, x) ->
                new DiscardingSink(x, connection.getSinkChannel().getConduit()));
        exchange.endExchange();
        if (!exchange.isComplete()) {
            throw new IllegalStateException("the exchange did not end");
        }
        connection.getSourceChannel().suspendReads();
        server.clearChannel();
        Runnable countAgain = RequestBoundary.remove(connection);
        AtomicReference<ChannelListener<StreamConnection>> listener = closeListener(connection);
        if (listener != null) {
            ChannelListeners.invokeChannelListener(connection, listener.getAndSet(null));
        }
        countAgain.run();
        return connection;
    }

    /**
     * The connection's close listeners; null when this version of XNIO has no such field. XNIO's setter only adds a listener, and the
     * existing ones reference all of Undertow's state of the connection.
     */
    @SuppressWarnings("unchecked")
    private static @Nullable AtomicReference<ChannelListener<StreamConnection>> closeListener(
            StreamConnection connection) {
        try {
            return CLOSE_LISTENER == null
                    ? null
                    : (AtomicReference<ChannelListener<StreamConnection>>) CLOSE_LISTENER.get(connection);
        } catch (ClassCastException e) {
            return null;
        }
    }

    private static @Nullable VarHandle find() {
        try {
            return MethodHandles.privateLookupIn(StreamConnection.class, MethodHandles.lookup())
                    .findVarHandle(StreamConnection.class, "closeListener", AtomicReference.class);
        } catch (ReflectiveOperationException e) {
            LOGGER.atWarn()
                    .addKeyValue("reason", e.getMessage())
                    .log("unknown version of XNIO: streams use more memory than necessary");
            return null;
        }
    }

    /** Accepts and discards everything. */
    private static final class DiscardingSink extends AbstractStreamSinkConduit<StreamSinkConduit> {
        private final HttpServerExchange exchange;
        private boolean ended;

        DiscardingSink(HttpServerExchange exchange, StreamSinkConduit next) {
            super(next);
            this.exchange = exchange;
        }

        @Override
        public int write(ByteBuffer bytes) {
            int n = bytes.remaining();
            bytes.position(bytes.limit());
            return n;
        }

        @Override
        public long write(ByteBuffer[] bytes, int from, int count) {
            long n = 0;
            for (int i = from; i < from + count; i++) {
                n += write(bytes[i]);
            }
            return n;
        }

        @Override
        public int writeFinal(ByteBuffer bytes) {
            int n = write(bytes);
            terminateWrites();
            return n;
        }

        @Override
        public long writeFinal(ByteBuffer[] bytes, int from, int count) {
            long n = write(bytes, from, count);
            terminateWrites();
            return n;
        }

        @Override
        public long transferFrom(FileChannel source, long position, long count) {
            return count;
        }

        @Override
        public long transferFrom(StreamSourceChannel source, long count, ByteBuffer through) {
            return count;
        }

        @Override
        public boolean flush() {
            return true;
        }

        @Override
        public void terminateWrites() {
            if (!ended) {
                ended = true;
                Connectors.terminateResponse(exchange);
            }
        }

        @Override
        public void truncateWrites() {
            terminateWrites();
        }

        @Override
        public boolean isWriteShutdown() {
            return ended;
        }
    }
}
