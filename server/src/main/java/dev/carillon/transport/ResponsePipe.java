package dev.carillon.transport;

import dev.carillon.edge.WriteDeadline;
import dev.carillon.fanout.PipeListener;
import dev.carillon.format.WireFormat;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.ServerConnection;
import io.undertow.server.protocol.http.HttpServerConnection;
import io.undertow.server.protocol.http2.Http2ServerConnection;
import io.undertow.util.Headers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.XnioExecutor;
import org.xnio.channels.StreamSinkChannel;

/**
 * The plain way to a client, by its exchange's response: over TLS, and for streams of HTTP/2. On the I/O thread of the connection
 * only.
 *
 * <p>At most one frame, of up to 16 KiB, is under way; until the client has taken it nothing more is accepted.
 */
final class ResponsePipe implements StreamPipe {
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

    private final HttpServerExchange exchange;
    private final Peer peer;
    private final Duration stallTimeout;
    private @Nullable StreamSinkChannel channel;
    private @Nullable PipeListener listener;
    /** Ends a client that takes nothing. */
    private XnioExecutor.@Nullable Key timer;

    private boolean wanted;
    /** Within the write listener, which flushes at its end. */
    private boolean writing;

    private boolean ending;
    private boolean over;

    /** @param stallTimeout how long a client may take nothing: over HTTP/2 it may have left unnoticed */
    private ResponsePipe(HttpServerExchange exchange, Peer peer, Duration stallTimeout) {
        this.exchange = exchange;
        this.peer = peer;
        this.stallTimeout = stallTimeout;
    }

    static ResponsePipe of(HttpServerExchange exchange, Duration stallTimeout) {
        ServerConnection connection = exchange.getConnection();
        Peer peer = connection instanceof Http2ServerConnection http2
                ? new Http2Peer(exchange, http2)
                : new Http1Peer(exchange, (HttpServerConnection) connection);
        return new ResponsePipe(exchange, peer, stallTimeout);
    }

    @Override
    public byte[] begin(StreamHead head, WireFormat format) {
        if (!exchange.isComplete()) {
            head.putInto(exchange);
            WriteDeadline.leave(exchange);
            if (exchange.isHttp11()) {
                // Also where the connection is to close, for which Undertow leaves chunks out and says so: then clients
                // could
                // not tell a stream that was cut off from a complete one.
                exchange.setPersistent(true);
                exchange.getResponseHeaders().put(Headers.TRANSFER_ENCODING, Headers.CHUNKED.toString());
            }
            StreamSinkChannel response = Objects.requireNonNull(exchange.getResponseChannel());
            response.getWriteSetter().set(c -> onWritable(response));
            channel = response;
        }
        return new byte[0];
    }

    @Override
    public void listen(PipeListener next) {
        listener = next;
        peer.watch(this::gone);
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        StreamSinkChannel to = channel;
        if (over || to == null) {
            throw new ClosedChannelException();
        }
        int before = bytes.remaining();
        int n;
        do {
            n = to.write(bytes);
        } while (n > 0 && bytes.hasRemaining());
        if (!writing) {
            flush(to);
        }
        return before - bytes.remaining();
    }

    @Override
    public void wantWrites(boolean next) {
        wanted = next;
        StreamSinkChannel to = channel;
        if (wanted && !over && to != null) {
            to.resumeWrites();
        }
    }

    @Override
    public void close() {
        listener = null;
        cut();
    }

    @Override
    public void closeAfterFlush() {
        listener = null;
        StreamSinkChannel to = channel;
        if (over || to == null) {
            return;
        }
        ending = true;
        wanted = false;
        setTimer(to, CLOSE_TIMEOUT);
        try {
            flush(to);
        } catch (IOException e) {
            cut();
        }
    }

    private void onWritable(StreamSinkChannel to) {
        if (over) {
            to.suspendWrites();
            return;
        }
        if (!ending) {
            stopTimer();
        }
        try {
            PipeListener next = listener;
            if (wanted && next != null) {
                writing = true;
                try {
                    next.writable();
                } finally {
                    writing = false;
                }
            }
            if (!over) {
                flush(to);
            }
        } catch (IOException e) {
            // The client went away: nothing to tell anybody.
            cut();
            tellClosed();
        }
    }

    /** Sends what was written; what does not go out now does when the client takes it. */
    private void flush(StreamSinkChannel to) throws IOException {
        boolean flushed = to.flush();
        if (flushed) {
            // Where the client's window took a part of a frame, the first leaves the rest and says that it is done.
            flushed = to.flush();
        }
        if (flushed && ending) {
            cut();
            return;
        }
        if (flushed && !wanted) {
            to.suspendWrites();
        } else {
            to.resumeWrites();
        }
        if (ending) {
            return;
        }
        if (flushed) {
            stopTimer();
        } else if (timer == null) {
            setTimer(to, stallTimeout);
        }
    }

    private void setTimer(StreamSinkChannel to, Duration timeout) {
        stopTimer();
        timer = to.getIoThread()
                .executeAfter(
                        () -> {
                            timer = null;
                            cut();
                            tellClosed();
                        },
                        timeout.toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    private void stopTimer() {
        XnioExecutor.Key key = timer;
        timer = null;
        if (key != null) {
            key.remove();
        }
    }

    private void cut() {
        if (over) {
            return;
        }
        stopTimer();
        over = true;
        StreamSinkChannel to = channel;
        if (to == null) {
            return;
        }
        to.getWriteSetter().set(null);
        peer.cut(to);
    }

    private void gone() {
        stopTimer();
        over = true;
        tellClosed();
    }

    private void tellClosed() {
        PipeListener next = listener;
        listener = null;
        if (next != null) {
            next.closed();
        }
    }
}
