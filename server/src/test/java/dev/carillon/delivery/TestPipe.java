package dev.carillon.delivery;

import dev.carillon.fanout.Pipe;
import dev.carillon.fanout.PipeListener;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A client in memory, with as much room as a test says. Thread-safe. */
final class TestPipe implements Pipe {
    private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
    private @Nullable PipeListener listener;
    private int room = Integer.MAX_VALUE;
    private boolean wanted;
    private boolean closed;

    @Override
    public synchronized int write(ByteBuffer bytes) {
        int n = Math.min(room, bytes.remaining());
        byte[] part = new byte[n];
        bytes.get(part);
        taken.writeBytes(part);
        room -= n;
        return n;
    }

    @Override
    public synchronized void wantWrites(boolean next) {
        wanted = next;
    }

    @Override
    public synchronized void listen(PipeListener next) {
        listener = next;
    }

    @Override
    public synchronized void close() {
        closed = true;
    }

    @Override
    public synchronized void closeAfterFlush() {
        closed = true;
    }

    synchronized boolean isClosed() {
        return closed;
    }

    /** Whether something waits for the socket. */
    synchronized boolean isWanted() {
        return wanted;
    }

    /** From now on the socket takes so many bytes more; on the I/O thread. */
    void takes(int bytes) {
        PipeListener to;
        synchronized (this) {
            room = bytes;
            to = wanted ? listener : null;
        }
        if (to != null) {
            to.writable();
        }
    }

    /** The client goes away; on the I/O thread. */
    void leaves() {
        PipeListener to;
        synchronized (this) {
            to = listener;
        }
        if (to != null) {
            to.closed();
        }
    }

    /** What was written, piece by piece as the {@link LineFormat} ends them. */
    synchronized List<String> lines() {
        String text = taken.toString(StandardCharsets.UTF_8);
        return text.isEmpty() ? List.of() : Arrays.asList(text.split("\n"));
    }
}
