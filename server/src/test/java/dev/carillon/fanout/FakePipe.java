package dev.carillon.fanout;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A client whose socket accepts as many bytes as the test allows. */
final class FakePipe implements Pipe {
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private @Nullable PipeListener listener;
    /** Number of bytes that the socket accepts before it is full. */
    int capacity = Integer.MAX_VALUE;

    int descriptor = -1;
    int writes;
    boolean writesWanted;
    boolean closed;
    boolean broken;

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        if (broken) {
            throw new IOException("broken by the test");
        }
        writes++;
        int n = Math.min(capacity, bytes.remaining());
        byte[] part = new byte[n];
        bytes.get(part);
        received.writeBytes(part);
        capacity -= n;
        return n;
    }

    @Override
    public int descriptor() {
        return descriptor;
    }

    @Override
    public void wantWrites(boolean next) {
        writesWanted = next;
    }

    @Override
    public void listen(PipeListener next) {
        listener = next;
    }

    @Override
    public void close() {
        closed = true;
    }

    @Override
    public void closeAfterFlush() {
        closed = true;
    }

    /** The socket accepts this number of bytes from now on. */
    void accept(int bytes) {
        capacity = bytes;
        PipeListener to = listener;
        if (writesWanted && to != null) {
            to.writable();
        }
    }

    void disconnect() {
        PipeListener to = listener;
        if (to != null) {
            to.closed();
        }
    }

    String text() {
        return received.toString(StandardCharsets.UTF_8);
    }
}
