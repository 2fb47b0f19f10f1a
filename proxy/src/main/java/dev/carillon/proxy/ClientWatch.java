package dev.carillon.proxy;

import io.undertow.connector.PooledByteBuffer;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.protocol.http.HttpServerConnection;
import java.io.IOException;
import java.util.function.BooleanSupplier;
import org.xnio.conduits.ConduitStreamSourceChannel;
import org.xnio.conduits.StreamSourceConduit;

/**
 * Notices that a client of HTTP/1.1 leaves while it waits for its answer: Undertow reads nothing then, and writing to it would
 * tell only with the next event. Over HTTP/2 the stream is reset, which ends the exchange by itself.
 */
final class ClientWatch {
    private ClientWatch() {}

    /**
     * To be called when the request has been read, on the I/O thread.
     *
     * @param wanted whether the answer is still waited for; after that Undertow reads again itself
     */
    static void start(HttpServerExchange exchange, BooleanSupplier wanted, Runnable gone) {
        if (!(exchange.getConnection() instanceof HttpServerConnection connection)
                || connection.getExtraBytes() != null) {
            return;
        }
        // Below the conduits of the request, which say at its end that all has been read.
        StreamSourceConduit socket = connection.getOriginalSourceConduit();
        ConduitStreamSourceChannel channel = connection.getChannel().getSourceChannel();
        channel.setReadListener(c -> {
            if (!wanted.getAsBoolean()) {
                socket.suspendReads();
                return;
            }
            PooledByteBuffer pooled = connection.getByteBufferPool().allocate();
            boolean kept = false;
            try {
                int n = socket.read(pooled.getBuffer());
                if (n > 0) {
                    // The next request, early: it waits for its turn.
                    socket.suspendReads();
                    pooled.getBuffer().flip();
                    connection.setExtraBytes(pooled);
                    kept = true;
                } else if (n < 0) {
                    socket.suspendReads();
                    gone.run();
                }
            } catch (IOException e) {
                socket.suspendReads();
                gone.run();
            } finally {
                if (!kept) {
                    pooled.close();
                }
            }
        });
        socket.resumeReads();
    }
}
