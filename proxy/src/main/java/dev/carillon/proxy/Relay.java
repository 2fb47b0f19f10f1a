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
 * Carries bytes from a source to a sink until the source ends. What was read is written and flushed before more is waited for,
 * so that an event is not held back; while the sink takes nothing, nothing is read, so that one buffer is all that is kept, and
 * none while nothing comes. On the I/O thread of both.
 */
final class Relay {
    /** After so many buffers others have their turn. */
    private static final int MAX_TURNS = 16;

    /** Why a relay ended before its source did. */
    enum Fault {
        SOURCE,
        SINK,
        TOO_LARGE
    }

    /**
     * What a relay holds to.
     *
     * @param stallMillis how long the sink may take nothing. It is also the only way to notice that a client has reset a stream
     *     of HTTP/2 which waits for the client's window: Undertow keeps such a stream until its connection closes.
     */
    record Rules(ByteBufferPool pool, long maxBytes, long stallMillis) {}

    /** Told once, unless the relay is stopped. */
    interface Listener {
        /** The source ended and the sink has taken all, its end included. */
        void ended();

        void failed(Fault fault);
    }

    private final StreamSourceChannel source;
    private final StreamSinkChannel sink;
    private final Rules rules;
    private final Listener listener;

    private @Nullable PooledByteBuffer pending;
    private XnioExecutor.@Nullable Key stall;
    private long bytes;
    private boolean ending;
    private boolean over;
    private boolean wantsSource;

    Relay(StreamSourceChannel source, StreamSinkChannel sink, Rules rules, Listener listener) {
        this.source = source;
        this.sink = sink;
        this.rules = rules;
        this.listener = listener;
    }

    void start() {
        source.getReadSetter().set(channel -> pump());
        sink.getWriteSetter().set(channel -> pump());
        pump();
    }

    /** Ends it where it is; the channels are the caller's. */
    void stop() {
        if (!over) {
            letGo();
        }
    }

    /** How many bytes it has read: while that grows it goes on. */
    long bytes() {
        return bytes;
    }

    /** Whether all there is has been read. */
    boolean sourceEnded() {
        return ending;
    }

    /** Whether it waits for the source, and not for the sink. */
    boolean wantsSource() {
        return wantsSource;
    }

    private void pump() {
        if (over) {
            return;
        }
        for (int turn = 0; turn < MAX_TURNS; turn++) {
            if (!write()) {
                return;
            }
            if (ending) {
                end();
                return;
            }
            if (!read()) {
                return;
            }
        }
        source.getIoThread().execute(this::pump);
    }

    /** @return whether all that was read is written */
    private boolean write() {
        PooledByteBuffer buffer = pending;
        if (buffer == null) {
            return true;
        }
        try {
            while (buffer.getBuffer().hasRemaining()) {
                if (sink.write(buffer.getBuffer()) == 0) {
                    wantsSource = false;
                    source.suspendReads();
                    sink.resumeWrites();
                    awaitSink();
                    return false;
                }
                sinkTook();
            }
        } catch (IOException e) {
            fail(Fault.SINK);
            return false;
        }
        free();
        return true;
    }

    /** @return whether there is something to do */
    private boolean read() {
        PooledByteBuffer pooled = rules.pool().allocate();
        boolean kept = false;
        try {
            ByteBuffer buffer = pooled.getBuffer();
            int n = source.read(buffer);
            if (n > 0) {
                bytes += n;
                if (bytes > rules.maxBytes()) {
                    fail(Fault.TOO_LARGE);
                    return false;
                }
                buffer.flip();
                pending = pooled;
                kept = true;
                return true;
            }
            if (n < 0) {
                source.suspendReads();
                ending = true;
                return true;
            }
        } catch (IOException e) {
            fail(Fault.SOURCE);
            return false;
        } finally {
            if (!kept) {
                pooled.close();
            }
        }
        return flushAndWait();
    }

    private boolean flushAndWait() {
        try {
            if (sink.flush()) {
                sink.suspendWrites();
            } else {
                sink.resumeWrites();
            }
        } catch (IOException e) {
            fail(Fault.SINK);
            return false;
        }
        wantsSource = true;
        source.resumeReads();
        return false;
    }

    private void end() {
        try {
            sink.shutdownWrites();
            if (!sink.flush()) {
                wantsSource = false;
                sink.resumeWrites();
                awaitSink();
                return;
            }
        } catch (IOException e) {
            fail(Fault.SINK);
            return;
        }
        letGo();
        listener.ended();
    }

    private void fail(Fault fault) {
        if (!over) {
            letGo();
            listener.failed(fault);
        }
    }

    private void awaitSink() {
        if (stall == null) {
            stall = WorkerUtils.executeAfter(
                    sink.getIoThread(), () -> fail(Fault.SINK), rules.stallMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void sinkTook() {
        if (stall != null) {
            stall.remove();
            stall = null;
        }
    }

    /** Both channels may be used by others now. */
    private void letGo() {
        over = true;
        free();
        sinkTook();
        source.suspendReads();
        source.getReadSetter().set(null);
        sink.suspendWrites();
        sink.getWriteSetter().set(null);
    }

    private void free() {
        PooledByteBuffer buffer = pending;
        pending = null;
        if (buffer != null) {
            buffer.close();
        }
    }
}
