package dev.carillon.jmh;

import dev.carillon.fanout.Pipe;
import dev.carillon.fanout.PipeListener;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A socket that accepts everything at no cost. */
final class OpenSocket implements Pipe {
    private @Nullable PipeListener listener;
    private long bytes;

    @Override
    public int write(ByteBuffer from) {
        int taken = from.remaining();
        from.position(from.limit());
        bytes += taken;
        return taken;
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

    /** Disconnects the client. */
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
