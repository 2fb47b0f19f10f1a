package dev.carillon.transport;

import dev.carillon.fanout.PipeListener;
import dev.carillon.format.WireFormat;
import dev.carillon.format.WireFormats;
import dev.carillon.http.Slot;
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
 * A connection taken over from HTTP: what is written goes to the socket as it is, and what the client still sends is read, so that its
 * leaving shows at once. On the connection's I/O thread only.
 */
final class RawPipe implements StreamPipe, ChannelListener<Channel> {
    private static final int READ_BYTES = 4 * 1024;
    /** So often before others have their turn: who sends without end must not hold the thread. */
    private static final int READS = 16;

    private static final int CLOSE_SECONDS = 5;
    /** One for all connections of a thread: what is in it is looked at at once, or never. */
    private static final ThreadLocal<ByteBuffer> READ =
            ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(READ_BYTES));

    private final StreamConnection connection;
    private final StreamSinkConduit sink;
    /** Given back when the connection has closed. */
    private final @Nullable Slot slot;

    private @Nullable PipeListener listener;
    private XnioExecutor.@Nullable Key timer;

    private RawPipe(StreamConnection connection, @Nullable Slot slot) {
        this.connection = connection;
        this.sink = connection.getSinkChannel().getConduit();
        this.slot = slot;
    }

    /**
     * Takes the exchange's connection over; the exchange must not be used afterwards. Only for HTTP/1.1 without TLS: there the
     * conduit below HTTP is the socket.
     */
    static RawPipe takeOver(HttpServerExchange exchange) {
        Slot slot = Slot.keep(exchange);
        StreamConnection connection;
        try {
            connection = Detached.from(exchange);
        } catch (RuntimeException e) {
            if (slot != null) {
                slot.giveBack();
            }
            IoUtils.safeClose(exchange.getConnection());
            throw e;
        }
        RawPipe pipe = new RawPipe(connection, slot);
        connection.getSinkChannel().setWriteListener(pipe);
        connection.getSourceChannel().setReadListener(pipe);
        connection.setCloseListener(pipe);
        if (!connection.isOpen()) {
            // It closed before: no close listener will be called for that.
            pipe.onClosed();
        }
        return pipe;
    }

    @Override
    public byte[] begin(StreamHead head, WireFormat format) {
        return head.bytes(WireFormats.isChunked(format));
    }

    @Override
    public void listen(PipeListener next) {
        listener = next;
        connection.getSourceChannel().resumeReads();
        if (!connection.isOpen()) {
            // It closed before anybody listened: no close listener will be called for that.
            connection.getIoThread().execute(this::tellClosed);
        }
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        return sink.write(bytes);
    }

    @Override
    public int descriptor() {
        return XnioSockets.descriptor(sink);
    }

    @Override
    public void wantWrites(boolean wanted) {
        if (wanted) {
            sink.resumeWrites();
        } else {
            sink.suspendWrites();
        }
    }

    @Override
    public void close() {
        listener = null;
        closeSocket();
    }

    /**
     * By another thread: on its own I/O thread XNIO looks after all other sockets again for each one that closes, which takes minutes where
     * ten thousand close at once.
     */
    private void closeSocket() {
        connection.getSourceChannel().suspendReads();
        sink.suspendWrites();
        try {
            connection.getWorker().execute(() -> IoUtils.safeClose(connection));
        } catch (RejectedExecutionException e) {
            IoUtils.safeClose(connection);
        }
    }

    /**
     * Ends the sending side; the socket closes when the client has closed its side, which it does on the end of the stream, or
     * after {@value #CLOSE_SECONDS} s. Closing at once could reset the connection and lose what was written last.
     */
    @Override
    public void closeAfterFlush() {
        listener = null;
        try {
            ConduitStreamSinkChannel channel = connection.getSinkChannel();
            channel.shutdownWrites();
            channel.flush();
            timer = connection.getIoThread().executeAfter(this::closeSocket, CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (IOException e) {
            closeSocket();
        }
    }

    /** One listener for all three: there are many pipes. */
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
        if (to == null) {
            channel.suspendWrites();
        } else {
            to.writable();
        }
    }

    private void onReadable(ConduitStreamSourceChannel channel) {
        ByteBuffer bytes = READ.get();
        try {
            for (int i = 0; i < READS; i++) {
                int n = channel.read(bytes.clear());
                PipeListener to = listener;
                if (n < 0) {
                    stopTimer();
                    closeSocket();
                    tellClosed();
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
            tellClosed();
        }
    }

    private void stopTimer() {
        XnioExecutor.Key key = timer;
        timer = null;
        if (key != null) {
            key.remove();
        }
    }

    /** By whatever thread closed the connection. */
    private void onClosed() {
        if (slot != null) {
            slot.giveBack();
        }
        if (connection.getIoThread().equals(Thread.currentThread())) {
            stopTimer();
            tellClosed();
        }
    }

    private void tellClosed() {
        PipeListener to = listener;
        listener = null;
        if (to != null) {
            to.closed();
        }
    }
}
