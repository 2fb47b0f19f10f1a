package dev.carillon.fanout;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A client whose socket takes as much as a test says. */
final class FakePipe implements Pipe {
    private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
    private @Nullable PipeListener listener;
    /** How many bytes the socket takes before it is full. */
    int room = Integer.MAX_VALUE;

    int descriptor = -1;
    int writes;
    boolean wanted;
    boolean closed;
    boolean broken;

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        if (broken) {
            throw new IOException("broken by the test");
        }
        writes++;
        int n = Math.min(room, bytes.remaining());
        byte[] part = new byte[n];
        bytes.get(part);
        taken.writeBytes(part);
        room -= n;
        return n;
    }

    @Override
    public int descriptor() {
        return descriptor;
    }

    @Override
    public void wantWrites(boolean next) {
        wanted = next;
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

    void takes(int bytes) {
        room = bytes;
        PipeListener to = listener;
        if (wanted && to != null) {
            to.writable();
        }
    }

    void leaves() {
        PipeListener to = listener;
        if (to != null) {
            to.closed();
        }
    }

    String text() {
        return taken.toString(StandardCharsets.UTF_8);
    }
}
