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
 * Ends an answer of which the client takes nothing for a time: over HTTP/1.1 its connection is closed, over HTTP/2 its stream is reset.
 * A client that is slow, and takes some of it, goes on. On the I/O thread of the connection only.
 */
public final class WriteDeadline {
    private static final AttachmentKey<Boolean> OWN = AttachmentKey.create(Boolean.class);

    private WriteDeadline() {}

    /** To be called for each request, before its answer begins. */
    public static void watch(HttpServerExchange exchange, Duration timeout) {
        exchange.addResponseWrapper((factory, x) -> {
            StreamSinkConduit response = factory.create();
            if (x.getAttachment(OWN) != null) {
                return response;
            }
            Stall stall = new Stall(x.getIoThread(), timeout, 1, () -> end(x, response));
            x.addExchangeCompleteListener((done, next) -> {
                stall.stop();
                next.proceed();
            });
            return new Sink(response, stall);
        });
    }

    /** The answer has a deadline of its own; to be called before it begins. */
    public static void leave(HttpServerExchange exchange) {
        exchange.putAttachment(OWN, true);
    }

    private static void end(HttpServerExchange exchange, StreamSinkConduit response) {
        if (exchange.getConnection() instanceof HttpServerConnection connection) {
            IoUtils.safeClose(connection);
            return;
        }
        try {
            // Of a stream that began as a request of HTTP/1.1 Undertow cannot reset the other way.
            response.truncateWrites();
        } catch (IOException e) {
            IoUtils.safeClose(exchange.getConnection());
        }
    }

    /** Tells what the client takes. */
    static class Sink extends AbstractStreamSinkConduit<StreamSinkConduit> {
        private final Stall stall;

        Sink(StreamSinkConduit next, Stall stall) {
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
                free();
            } else {
                stall.waits();
            }
            return flushed;
        }

        /** Nothing waits for the client any more. */
        void freed() {}

        /** The client, or a buffer on the way to it, has taken this. */
        void taken(long bytes) {
            stall.taken(bytes);
        }

        private long wrote(long n, boolean more) {
            if (n > 0) {
                taken(n);
            }
            if (more) {
                stall.waits();
            } else {
                // Undertow does not always flush. What TLS holds back the next flush tells.
                free();
            }
            return n;
        }

        private void free() {
            if (stall.isWaiting()) {
                stall.free();
                freed();
            }
        }
    }
}
