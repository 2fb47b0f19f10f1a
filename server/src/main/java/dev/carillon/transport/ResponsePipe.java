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
 * A pipe that writes to the exchange's response: for TLS and for HTTP/2. On the connection's I/O thread only.
 *
 * <p>At most one frame of up to 16 KiB is in flight; no more bytes are accepted until the client has received it.
 */
final class ResponsePipe implements StreamPipe {
    private static final byte[] NO_BYTES = {};
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

    private final HttpServerExchange exchange;
    private final Peer peer;
    private final Duration stallTimeout;
    private @Nullable StreamSinkChannel channel;
    private @Nullable PipeListener listener;
    /** Cuts off a client that receives nothing. */
    private XnioExecutor.@Nullable Key timer;

    private boolean writesWanted;
    /** Whether the write listener is running, which flushes at its end. */
    private boolean writing;

    private boolean ending;
    private boolean closed;

    /** @param stallTimeout how long a client may receive nothing; over HTTP/2 it may have disconnected unnoticed */
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
            WriteDeadline.exempt(exchange);
            if (exchange.isHttp11()) {
                // Even if the connection closes after the response. Undertow would then send neither chunks nor
                // keep-alive, and clients could not distinguish an incomplete stream from a complete one.
                exchange.setPersistent(true);
                exchange.getResponseHeaders().put(Headers.TRANSFER_ENCODING, Headers.CHUNKED.toString());
            }
            StreamSinkChannel response = Objects.requireNonNull(exchange.getResponseChannel());
            response.getWriteSetter().set(c -> onWritable(response));
            channel = response;
        }
        return NO_BYTES;
    }

    @Override
    public byte[] beginAgain(StreamHead head, WireFormat format) {
        return NO_BYTES;
    }

    @Override
    public void listen(PipeListener next) {
        listener = next;
        peer.watch(this::onClosed);
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        StreamSinkChannel to = channel;
        if (closed || to == null) {
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
        writesWanted = next;
        StreamSinkChannel to = channel;
        if (writesWanted && !closed && to != null) {
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
        if (closed || to == null) {
            return;
        }
        ending = true;
        writesWanted = false;
        setTimer(to, CLOSE_TIMEOUT);
        try {
            flush(to);
        } catch (IOException e) {
            cut();
        }
    }

    private void onWritable(StreamSinkChannel to) {
        if (closed) {
            to.suspendWrites();
            return;
        }
        if (!ending) {
            stopTimer();
        }
        try {
            PipeListener next = listener;
            if (writesWanted && next != null) {
                writing = true;
                try {
                    next.writable();
                } finally {
                    writing = false;
                }
            }
            if (!closed) {
                flush(to);
            }
        } catch (IOException e) {
            // The client has disconnected.
            cut();
            notifyClosed();
        }
    }

    /** Sends the written bytes; the channel sends the rest when the client can receive it. */
    private void flush(StreamSinkChannel to) throws IOException {
        boolean flushed = to.flush();
        if (flushed) {
            // When the client's window accepted a part of a frame, the first flush keeps the rest and still returns
            // true.
            flushed = to.flush();
        }
        if (flushed && ending) {
            cut();
            return;
        }
        if (flushed && !writesWanted) {
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
                            notifyClosed();
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
        if (closed) {
            return;
        }
        stopTimer();
        closed = true;
        StreamSinkChannel to = channel;
        if (to == null) {
            return;
        }
        to.getWriteSetter().set(null);
        peer.cut(to);
    }

    private void onClosed() {
        stopTimer();
        closed = true;
        notifyClosed();
    }

    private void notifyClosed() {
        PipeListener next = listener;
        listener = null;
        if (next != null) {
            next.closed();
        }
    }
}
