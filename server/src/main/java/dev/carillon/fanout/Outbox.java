package dev.carillon.fanout;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/**
 * The bounded queue of frames of one connection that lags. It refers to the shared buffers and copies nothing. On the
 * connection's I/O thread only.
 */
final class Outbox {
    private final ArrayDeque<ByteBuffer> frames = new ArrayDeque<>(4);
    private int bytes;

    /** @return false: it is full, nothing was added. An empty outbox takes any one frame */
    boolean add(ByteBuffer rest, FanOutConfig bounds) {
        if (!frames.isEmpty()
                && (bytes + rest.remaining() > bounds.outboxMaxBytes() || frames.size() >= bounds.outboxMaxEvents())) {
            return false;
        }
        frames.add(rest);
        bytes += rest.remaining();
        return true;
    }

    /** Writes on; true: nothing is left. */
    boolean drain(Pipe pipe) throws IOException {
        ByteBuffer first = frames.peek();
        while (first != null) {
            bytes -= pipe.write(first);
            if (first.hasRemaining()) {
                return false;
            }
            frames.remove();
            first = frames.peek();
        }
        return true;
    }

    int bytes() {
        return bytes;
    }
}
