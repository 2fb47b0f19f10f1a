package dev.carillon.jmh;

import dev.carillon.fanout.Pipe;
import dev.carillon.fanout.PipeListener;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A socket that accepts all bytes at no cost. */
final class OpenSocket implements Pipe {
    private @Nullable PipeListener listener;
    private long bytes;

    @Override
    public int write(ByteBuffer from) {
        int accepted = from.remaining();
        from.position(from.limit());
        bytes += accepted;
        return accepted;
    }

    @Override
    public void wantWrites(boolean wanted) {}

    @Override
    public void listen(PipeListener next) {
        listener = next;
    }

    @Override
    public void close() {}

    @Override
    public void closeAfterFlush() {}

    /** The client disconnects. */
    void disconnect() {
        PipeListener to = listener;
        if (to != null) {
            to.closed();
        }
    }

    long bytes() {
        return bytes;
    }
}
