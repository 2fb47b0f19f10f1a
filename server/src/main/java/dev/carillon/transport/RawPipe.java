package dev.carillon.transport;

import dev.carillon.fanout.PipeListener;
import dev.carillon.format.WireFormat;
import dev.carillon.format.WireFormats;
import dev.carillon.http.RequestPermit;
import io.undertow.server.HttpServerExchange;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.ChannelListener;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;
import org.xnio.XnioExecutor;
import org.xnio.conduits.ConduitStreamSinkChannel;
import org.xnio.conduits.ConduitStreamSourceChannel;
import org.xnio.conduits.StreamSinkConduit;

/**
 * A connection taken over from HTTP. Bytes are written to the socket, or through TLS, unchanged, and input is read so that the client's close is
 * detected at once. On the connection's I/O thread only.
 */
final class RawPipe implements StreamPipe, ChannelListener<Channel> {
    private static final int READ_BYTES = 4 * 1024;
    /** Reads per event: a client that sends continuously must not block the thread for other connections. */
    private static final int MAX_READS = 16;

    private static final int CLOSE_SECONDS = 5;
    /** Shared by all connections of a thread: its content is consumed before the next read. */
    private static final ThreadLocal<ByteBuffer> READ =
            ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(READ_BYTES));

    private final StreamConnection connection;
    private final StreamSinkConduit sink;
    /** Whether bytes that were accepted may still have to be flushed, by TLS. */
    private final boolean buffers;
    /** Released when the connection has closed. */
    private final @Nullable RequestPermit permit;

    private @Nullable PipeListener listener;
    private XnioExecutor.@Nullable Key timer;
    private boolean writesWanted;
    /** Whether the output ends when everything is flushed. */
    private boolean ending;

    private RawPipe(StreamConnection connection, boolean buffers, @Nullable RequestPermit permit) {
        this.connection = connection;
        this.buffers = buffers;
        this.sink = connection.getSinkChannel().getConduit();
        this.permit = permit;
    }

    /**
     * Takes over the exchange's connection; the exchange must not be used afterwards. Only for HTTP/1.1, where the conduit below HTTP is the
     * socket, or TLS.
     */
    static RawPipe takeOver(HttpServerExchange exchange) {
        RequestPermit permit = RequestPermit.retain(exchange);
        boolean tls = exchange.getConnection().getSslSession() != null;
        StreamConnection connection;
        try {
            connection = Takeover.detach(exchange);
        } catch (RuntimeException e) {
            if (permit != null) {
                permit.release();
            }
            IoUtils.safeClose(exchange.getConnection());
            throw e;
        }
        RawPipe pipe = new RawPipe(connection, tls, permit);
        connection.getSinkChannel().setWriteListener(pipe);
        connection.getSourceChannel().setReadListener(pipe);
        connection.setCloseListener(pipe);
        if (!connection.isOpen()) {
            // It closed before the listener was set, which is therefore not called.
            pipe.onClosed();
        }
        return pipe;
    }

    @Override
    public byte[] begin(StreamHead head, WireFormat format) {
        return head.bytes(WireFormats.isChunked(format));
    }

    @Override
    public byte[] beginAgain(StreamHead head, WireFormat format) {
        return begin(head, format);
    }

    @Override
    public void listen(PipeListener next) {
        listener = next;
        connection.getSourceChannel().resumeReads();
        if (!connection.isOpen()) {
            // It closed before there was a listener.
            connection.getIoThread().execute(this::notifyClosed);
        }
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        int n = sink.write(bytes);
        if (!buffers) {
            return n;
        }
        int total = n;
        // Each call writes one record of TLS.
        while (n > 0 && bytes.hasRemaining()) {
            n = sink.write(bytes);
            total += n;
        }
        if (!sink.flush()) {
            sink.resumeWrites();
        }
        return total;
    }

    @Override
    public int descriptor() {
        return XnioSockets.descriptor(sink);
    }

    @Override
    public void wantWrites(boolean wanted) {
        writesWanted = wanted;
        if (wanted) {
            sink.resumeWrites();
        } else if (!buffers) {
            sink.suspendWrites();
        }
    }

    @Override
    public void close() {
        listener = null;
        closeSocket();
    }

    /**
     * Closes the socket on a worker thread: on the I/O thread XNIO polls all other sockets again for each socket that closes, which takes
     * minutes for ten thousand sockets.
     */
    private void closeSocket() {
        connection.getSourceChannel().suspendReads();
        sink.suspendWrites();
        if (buffers) {
            // Only the I/O thread uses TLS.
            connection.getIoThread().execute(() -> IoUtils.safeClose(connection));
            return;
        }
        try {
            connection.getWorker().execute(() -> IoUtils.safeClose(connection));
        } catch (RejectedExecutionException e) {
            IoUtils.safeClose(connection);
        }
    }

    /**
     * Shuts down the output; the socket closes when the client has closed its side, or after {@value #CLOSE_SECONDS} s. Closing it at once
     * could reset the connection and lose the last bytes.
     */
    @Override
    public void closeAfterFlush() {
        listener = null;
        try {
            ending = true;
            ConduitStreamSinkChannel channel = connection.getSinkChannel();
            channel.shutdownWrites();
            if (!channel.flush()) {
                channel.resumeWrites();
            }
            timer = connection.getIoThread().executeAfter(this::closeSocket, CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (IOException e) {
            closeSocket();
        }
    }

    /** One listener for input, output and close saves memory, as there are many pipes. */
    @Override
    public void handleEvent(Channel channel) {
        switch (channel) {
            case ConduitStreamSinkChannel out -> onWritable(out);
            case ConduitStreamSourceChannel in -> onReadable(in);
            default -> onClosed();
        }
    }

    private void onWritable(ConduitStreamSinkChannel channel) {
        PipeListener to = listener;
        try {
            // TLS first sends what it accepted before.
            if ((buffers || ending) && !channel.flush()) {
                return;
            }
        } catch (IOException e) {
            closeSocket();
            notifyClosed();
            return;
        }
        if (to == null || !writesWanted) {
            channel.suspendWrites();
        } else {
            to.writable();
        }
    }

    private void onReadable(ConduitStreamSourceChannel channel) {
        ByteBuffer bytes = READ.get();
        try {
            for (int i = 0; i < MAX_READS; i++) {
                int n = channel.read(bytes.clear());
                PipeListener to = listener;
                if (n < 0) {
                    stopTimer();
                    closeSocket();
                    notifyClosed();
                    return;
                }
                if (n == 0) {
                    return;
                }
                if (to != null) {
                    to.received(bytes.flip());
                }
            }
        } catch (IOException e) {
            stopTimer();
            closeSocket();
            notifyClosed();
        }
    }

    private void stopTimer() {
        XnioExecutor.Key key = timer;
        timer = null;
        if (key != null) {
            key.remove();
        }
    }

    /** Runs on any thread that closed the connection. */
    private void onClosed() {
        if (permit != null) {
            permit.release();
        }
        if (connection.getIoThread().equals(Thread.currentThread())) {
            stopTimer();
            notifyClosed();
        }
    }

    private void notifyClosed() {
        PipeListener to = listener;
        listener = null;
        if (to != null) {
            to.closed();
        }
    }
}
