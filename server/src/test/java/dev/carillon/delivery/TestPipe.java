package dev.carillon.delivery;

import dev.carillon.fanout.Pipe;
import dev.carillon.fanout.PipeListener;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A client in memory that accepts as many bytes as the test allows. Thread-safe. */
final class TestPipe implements Pipe {
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private @Nullable PipeListener listener;
    private int capacity = Integer.MAX_VALUE;
    private boolean writesWanted;
    private boolean closed;

    @Override
    public synchronized int write(ByteBuffer bytes) {
        int n = Math.min(capacity, bytes.remaining());
        byte[] part = new byte[n];
        bytes.get(part);
        received.writeBytes(part);
        capacity -= n;
        return n;
    }

    @Override
    public synchronized void wantWrites(boolean next) {
        writesWanted = next;
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

    /** Whether the connection waits until the socket is writable. */
    synchronized boolean isWriteWanted() {
        return writesWanted;
    }

    /** The socket accepts this number of bytes from now on. Call it on the I/O thread. */
    void accept(int bytes) {
        PipeListener to;
        synchronized (this) {
            capacity = bytes;
            to = writesWanted ? listener : null;
        }
        if (to != null) {
            to.writable();
        }
    }

    /** The client disconnects. Call it on the I/O thread. */
    void disconnect() {
        PipeListener to;
        synchronized (this) {
            to = listener;
        }
        if (to != null) {
            to.closed();
        }
    }

    /** Lines of {@link LineFormat} that were written. */
    synchronized List<String> lines() {
        String text = received.toString(StandardCharsets.UTF_8);
        return text.isEmpty() ? List.of() : Arrays.asList(text.split("\n"));
    }
}
