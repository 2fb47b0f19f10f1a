package dev.carillon.proxy;

import io.undertow.connector.ByteBufferPool;
import io.undertow.connector.PooledByteBuffer;
import io.undertow.util.WorkerUtils;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.XnioExecutor;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.channels.StreamSourceChannel;

/**
 * Copies bytes from a source to a sink until the source ends. Both channels and the relay belong to one I/O thread.
 *
 * <pre>{@code
 *            +------ written -------+
 *            v                      |
 * start --> READ --- bytes ---> WRITE --- sink accepts nothing ---> wait for the sink (stall timer) --> WRITE
 *            |--- no bytes ---> FLUSH ---> wait for the source --> READ
 *            +--- end of the source ---> SHUT DOWN the sink ---> flushed: ended
 * }</pre>
 *
 * <p>Bytes are written and flushed before the relay waits for the source, so that no event is delayed. While the sink accepts nothing the source
 * is not read: back pressure reaches the sender, and a relay holds at most one buffer, and none while it waits for the source. A relay of a fast
 * source yields after {@value #MAX_BUFFERS} buffers, so that other connections of the thread are served. {@link #release} runs exactly once
 * before the listener is called or when the relay is stopped; afterwards it no longer uses the channels.
 */
final class Relay {
    private static final int MAX_BUFFERS = 16;

    /** The reason for which a relay ended before its source. */
    enum Fault {
        SOURCE,
        SINK,
        TOO_LARGE
    }

    /**
     * Options of a relay.
     *
     * @param maxBytes limit of the bytes to copy
     * @param stallMillis how long the sink may accept nothing. No other event reports that a client has reset an HTTP/2 stream that waits for
     *     its window: Undertow keeps such a stream until the connection closes.
     */
    record Options(ByteBufferPool pool, long maxBytes, long stallMillis) {}

    /** Receives one call, unless the relay is stopped. */
    interface Listener {
        /** The source has ended, and the sink has accepted everything including the end. */
        void ended();

        void failed(Fault fault);
    }

    private final StreamSourceChannel source;
    private final StreamSinkChannel sink;
    private final Options options;
    private final Listener listener;

    private @Nullable PooledByteBuffer pending;
    private XnioExecutor.@Nullable Key stallTimer;
    private long bytes;
    private boolean sourceEnded;
    private boolean released;
    private boolean awaitsSource;

    Relay(StreamSourceChannel source, StreamSinkChannel sink, Options options, Listener listener) {
        this.source = source;
        this.sink = sink;
        this.options = options;
        this.listener = listener;
    }

    void start() {
        source.getReadSetter().set(channel -> copy());
        sink.getWriteSetter().set(channel -> copy());
        copy();
    }

    /** Stops the relay without closing the channels. */
    void stop() {
        if (!released) {
            release();
        }
    }

    /** The number of bytes read, which grows while the relay makes progress. */
    long bytes() {
        return bytes;
    }

    boolean sourceEnded() {
        return sourceEnded;
    }

    /** Whether it waits for the source, not for the sink. */
    boolean awaitsSource() {
        return awaitsSource;
    }

    private void copy() {
        if (released) {
            return;
        }
        for (int i = 0; i < MAX_BUFFERS; i++) {
            if (!write()) {
                return;
            }
            if (sourceEnded) {
                end();
                return;
            }
            if (!read()) {
                return;
            }
        }
        source.getIoThread().execute(this::copy);
    }

    /** @return whether the pending buffer is written completely */
    private boolean write() {
        PooledByteBuffer buffer = pending;
        if (buffer == null) {
            return true;
        }
        try {
            while (buffer.getBuffer().hasRemaining()) {
                if (sink.write(buffer.getBuffer()) == 0) {
                    awaitsSource = false;
                    source.suspendReads();
                    sink.resumeWrites();
                    startStallTimer();
                    return false;
                }
                stopStallTimer();
            }
        } catch (IOException e) {
            fail(Fault.SINK);
            return false;
        }
        freePending();
        return true;
    }

    /** @return whether bytes, or the end of the source, were read */
    private boolean read() {
        PooledByteBuffer pooled = options.pool().allocate();
        boolean stored = false;
        try {
            ByteBuffer buffer = pooled.getBuffer();
            int n = source.read(buffer);
            if (n > 0) {
                bytes += n;
                if (bytes > options.maxBytes()) {
                    fail(Fault.TOO_LARGE);
                    return false;
                }
                buffer.flip();
                pending = pooled;
                stored = true;
                return true;
            }
            if (n < 0) {
                source.suspendReads();
                sourceEnded = true;
                return true;
            }
        } catch (IOException e) {
            fail(Fault.SOURCE);
            return false;
        } finally {
            if (!stored) {
                pooled.close();
            }
        }
        flushAndAwaitSource();
        return false;
    }

    private void flushAndAwaitSource() {
        try {
            if (sink.flush()) {
                sink.suspendWrites();
            } else {
                sink.resumeWrites();
            }
        } catch (IOException e) {
            fail(Fault.SINK);
            return;
        }
        awaitsSource = true;
        source.resumeReads();
    }

    private void end() {
        try {
            sink.shutdownWrites();
            if (!sink.flush()) {
                awaitsSource = false;
                sink.resumeWrites();
                startStallTimer();
                return;
            }
        } catch (IOException e) {
            fail(Fault.SINK);
            return;
        }
        release();
        listener.ended();
    }

    private void fail(Fault fault) {
        if (!released) {
            release();
            listener.failed(fault);
        }
    }

    private void startStallTimer() {
        if (stallTimer == null) {
            stallTimer = WorkerUtils.executeAfter(
                    sink.getIoThread(), () -> fail(Fault.SINK), options.stallMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void stopStallTimer() {
        if (stallTimer != null) {
            stallTimer.remove();
            stallTimer = null;
        }
    }

    private void release() {
        released = true;
        freePending();
        stopStallTimer();
        source.suspendReads();
        source.getReadSetter().set(null);
        sink.suspendWrites();
        sink.getWriteSetter().set(null);
    }

    private void freePending() {
        PooledByteBuffer buffer = pending;
        pending = null;
        if (buffer != null) {
            buffer.close();
        }
    }
}
