package dev.carillon.proxy;

import io.undertow.connector.PooledByteBuffer;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.protocol.http.HttpServerConnection;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.xnio.conduits.ConduitStreamSourceChannel;
import org.xnio.conduits.StreamSourceConduit;

/**
 * Detects that an HTTP/1.1 client disconnects while its answer is pending. Undertow does not read then, and a write would fail only at the
 * next event. (A client of HTTP/2 resets its stream, which ends the exchange.) On the I/O thread only.
 *
 * <p>A client that shuts down its output may still read the answer, but looks like one that has closed its socket. The end of the input is
 * therefore reported separately from a broken connection; after it nothing can be read.
 */
final class ClientWatch {
    /** Receives at most one call. */
    interface Listener {
        void inputEnded();

        void broken();
    }

    private final HttpServerConnection connection;
    private final Listener listener;
    /** The conduit below those of the request, which report the end of the input when the request has been read. */
    private final StreamSourceConduit socket;

    private boolean dropping;
    private boolean stopped;

    private ClientWatch(HttpServerConnection connection, Listener listener) {
        this.connection = connection;
        this.listener = listener;
        this.socket = connection.getOriginalSourceConduit();
    }

    /**
     * Starts to watch, after the request has been read.
     *
     * @return null when the client does not use HTTP/1.1
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

    /** Drops further input from now on, as the connection ends with this answer. */
    void dropRequests() {
        dropping = true;
        PooledByteBuffer early = connection.getExtraBytes();
        if (early != null) {
            early.close();
            connection.setExtraBytes(null);
            if (!stopped) {
                resume();
            }
        }
    }

    /** Stops the watch, so that Undertow can read again. */
    void stop() {
        if (!stopped) {
            stopped = true;
            socket.suspendReads();
        }
    }

    private void resume() {
        ConduitStreamSourceChannel channel = connection.getChannel().getSourceChannel();
        channel.setReadListener(c -> read());
        socket.resumeReads();
    }

    private void read() {
        if (stopped) {
            socket.suspendReads();
            return;
        }
        PooledByteBuffer pooled = connection.getByteBufferPool().allocate();
        boolean stored = false;
        try {
            int n = socket.read(pooled.getBuffer());
            if (n > 0 && !dropping) {
                // A pipelined request, which is stored until the current one has ended.
                socket.suspendReads();
                pooled.getBuffer().flip();
                connection.setExtraBytes(pooled);
                stored = true;
            } else if (n < 0) {
                stop();
                listener.inputEnded();
            }
        } catch (IOException e) {
            stop();
            listener.broken();
        } finally {
            if (!stored) {
                pooled.close();
            }
        }
    }
}
