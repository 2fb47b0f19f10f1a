package dev.carillon.edge;

import io.undertow.server.HttpServerExchange;
import io.undertow.server.protocol.http.HttpServerConnection;
import io.undertow.util.AttachmentKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.time.Duration;
import org.xnio.Buffers;
import org.xnio.IoUtils;
import org.xnio.channels.StreamSourceChannel;
import org.xnio.conduits.AbstractStreamSinkConduit;
import org.xnio.conduits.StreamSinkConduit;

/**
 * Ends an answer of which the client receives nothing for a time: over HTTP/1.1 the connection is closed, over HTTP/2 the stream is reset.
 * A slow client that receives some bytes continues. On the connection's I/O thread only.
 */
public final class WriteDeadline {
    private static final AttachmentKey<Boolean> EXEMPT = AttachmentKey.create(Boolean.class);

    private WriteDeadline() {}

    /** Watches the answer of an exchange; to be called before the answer starts. */
    public static void watch(HttpServerExchange exchange, Duration timeout) {
        exchange.addResponseWrapper((factory, x) -> {
            StreamSinkConduit response = factory.create();
            if (x.getAttachment(EXEMPT) != null) {
                return response;
            }
            StallTimer stall = new StallTimer(x.getIoThread(), timeout, 1, () -> end(x, response));
            x.addExchangeCompleteListener((done, next) -> {
                stall.stop();
                next.proceed();
            });
            return new Sink(response, stall);
        });
    }

    /** Exempts an answer with a deadline of its own; to be called before the answer starts. */
    public static void exempt(HttpServerExchange exchange) {
        exchange.putAttachment(EXEMPT, true);
    }

    private static void end(HttpServerExchange exchange, StreamSinkConduit response) {
        if (exchange.getConnection() instanceof HttpServerConnection connection) {
            IoUtils.safeClose(connection);
            return;
        }
        try {
            // Undertow cannot reset the stream of an upgraded HTTP/1.1 request in another way.
            response.truncateWrites();
        } catch (IOException e) {
            IoUtils.safeClose(exchange.getConnection());
        }
    }

    /** Reports the bytes that the client receives. */
    static class Sink extends AbstractStreamSinkConduit<StreamSinkConduit> {
        private final StallTimer stall;

        Sink(StreamSinkConduit next, StallTimer stall) {
            super(next);
            this.stall = stall;
        }

        @Override
        public int write(ByteBuffer bytes) throws IOException {
            return (int) wrote(next.write(bytes), bytes.hasRemaining());
        }

        @Override
        public long write(ByteBuffer[] bytes, int from, int count) throws IOException {
            return wrote(next.write(bytes, from, count), Buffers.hasRemaining(bytes, from, count));
        }

        @Override
        public int writeFinal(ByteBuffer bytes) throws IOException {
            return (int) wrote(next.writeFinal(bytes), bytes.hasRemaining());
        }

        @Override
        public long writeFinal(ByteBuffer[] bytes, int from, int count) throws IOException {
            return wrote(next.writeFinal(bytes, from, count), Buffers.hasRemaining(bytes, from, count));
        }

        @Override
        public long transferFrom(FileChannel source, long position, long count) throws IOException {
            long n = next.transferFrom(source, position, count);
            return wrote(n, n == 0 && count > 0);
        }

        @Override
        public long transferFrom(StreamSourceChannel source, long count, ByteBuffer through) throws IOException {
            long n = next.transferFrom(source, count, through);
            return wrote(n, through.hasRemaining());
        }

        @Override
        public boolean flush() throws IOException {
            boolean flushed = next.flush();
            if (flushed) {
                notPending();
            } else {
                stall.pending();
            }
            return flushed;
        }

        /** Called when no data is pending any more. */
        void drained() {}

        /** Called when the client, or a buffer on the way to it, has accepted bytes. */
        void written(long bytes) {
            stall.written(bytes);
        }

        private long wrote(long n, boolean more) {
            if (n > 0) {
                written(n);
            }
            if (more) {
                stall.pending();
            } else {
                // Undertow does not always flush. The next flush reports data that TLS still holds.
                notPending();
            }
            return n;
        }

        private void notPending() {
            if (stall.isPending()) {
                stall.drained();
                drained();
            }
        }
    }
}
