package dev.carillon.http;

import io.undertow.connector.PooledByteBuffer;
import io.undertow.server.AbstractServerConnection;
import io.undertow.server.Connectors;
import io.undertow.server.HttpServerExchange;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.xnio.ChannelListeners;
import org.xnio.StreamConnection;
import org.xnio.channels.StreamSourceChannel;
import org.xnio.conduits.AbstractStreamSinkConduit;
import org.xnio.conduits.StreamSinkConduit;

/**
 * Frees a connection from HTTP, so that nothing of the request is kept as long as the connection lives: headers, parser and timers are
 * more than all else that a quiet stream needs. The exchange ends with a response that goes nowhere; then Undertow's close listeners
 * run, which stop its timers, as if the connection had closed.
 */
final class Detached {
    private Detached() {}

    /** On the I/O thread of an exchange over HTTP/1.1 whose request is complete. Bytes of a next request are dropped. */
    static StreamConnection from(HttpServerExchange exchange) {
        AbstractServerConnection server = (AbstractServerConnection) exchange.getConnection();
        StreamConnection connection = server.getChannel();
        PooledByteBuffer extra = server.getExtraBytes();
        if (extra != null) {
            extra.close();
            server.setExtraBytes(null);
        }
        exchange.setPersistent(true);
        exchange.addResponseWrapper(
                (factory, x) -> new Nowhere(x, connection.getSinkChannel().getConduit()));
        exchange.endExchange();
        if (!exchange.isComplete()) {
            throw new IllegalStateException("the exchange did not end");
        }
        connection.getSourceChannel().suspendReads();
        server.clearChannel();
        ChannelListeners.invokeChannelListener(connection, connection.getCloseListener());
        connection.setCloseListener(null);
        return connection;
    }

    /** Takes everything at once. */
    private static final class Nowhere extends AbstractStreamSinkConduit<StreamSinkConduit> {
        private final HttpServerExchange exchange;
        private boolean ended;

        Nowhere(HttpServerExchange exchange, StreamSinkConduit next) {
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
