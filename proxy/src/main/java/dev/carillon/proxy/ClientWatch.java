package dev.carillon.proxy;

import io.undertow.connector.PooledByteBuffer;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.protocol.http.HttpServerConnection;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.xnio.conduits.ConduitStreamSourceChannel;
import org.xnio.conduits.StreamSourceConduit;

/**
 * Notices that a client of HTTP/1.1 leaves while it waits for its answer: Undertow reads nothing then, and writing to it would
 * tell only with the next event. Over HTTP/2 the stream is reset, which ends the exchange by itself. On the I/O thread only.
 *
 * <p>A client that only ends its sending side still reads its answer, and looks like one that has closed its socket. So that end is
 * told apart from a broken connection; after it nothing can be read.
 */
final class ClientWatch {
    /** What the watch notices; at most one of them is called, once. */
    interface Listener {
        void inputEnded();

        void broken();
    }

    private final HttpServerConnection connection;
    private final Listener listener;
    /** Below the conduits of the request, which say at its end that all has been read. */
    private final StreamSourceConduit socket;

    private boolean dropping;
    private boolean over;

    private ClientWatch(HttpServerConnection connection, Listener listener) {
        this.connection = connection;
        this.listener = listener;
        this.socket = connection.getOriginalSourceConduit();
    }

    /**
     * To be called when the request has been read.
     *
     * @return null: not over HTTP/1.1
     */
    static @Nullable ClientWatch start(HttpServerExchange exchange, Listener listener) {
        if (!(exchange.getConnection() instanceof HttpServerConnection connection)) {
            return null;
        }
        ClientWatch watch = new ClientWatch(connection, listener);
        if (connection.getExtraBytes() == null) {
            watch.resume();
        }
        return watch;
    }

    /** From now on what the client sends is no request any more, and is dropped: the connection ends with this answer. */
    void dropRequests() {
        dropping = true;
        PooledByteBuffer early = connection.getExtraBytes();
        if (early != null) {
            early.close();
            connection.setExtraBytes(null);
            if (!over) {
                resume();
            }
        }
    }

    /** From now on Undertow reads again itself. */
    void stop() {
        if (!over) {
            over = true;
            socket.suspendReads();
        }
    }

    private void resume() {
        ConduitStreamSourceChannel channel = connection.getChannel().getSourceChannel();
        channel.setReadListener(c -> read());
        socket.resumeReads();
    }

    private void read() {
        if (over) {
            socket.suspendReads();
            return;
        }
        PooledByteBuffer pooled = connection.getByteBufferPool().allocate();
        boolean kept = false;
        try {
            int n = socket.read(pooled.getBuffer());
            if (n > 0 && !dropping) {
                // The next request, early: it waits for its turn.
                socket.suspendReads();
                pooled.getBuffer().flip();
                connection.setExtraBytes(pooled);
                kept = true;
            } else if (n < 0) {
                stop();
                listener.inputEnded();
            }
        } catch (IOException e) {
            stop();
            listener.broken();
        } finally {
            if (!kept) {
                pooled.close();
            }
        }
    }
}
