package dev.carillon.fanout;

import dev.carillon.socket.BulkSender;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** A bulk sender that writes to pipes, which it numbers as descriptors. */
final class FakeBulkSender implements BulkSender {
    private final Map<Integer, Pipe> pipes = new HashMap<>();
    int sent;
    boolean broken;
    boolean closed;

    int connect(Pipe pipe) {
        int descriptor = pipes.size() + 1;
        pipes.put(descriptor, pipe);
        return descriptor;
    }

    @Override
    public void send(int[] sockets, int count, ByteBuffer bytes, int[] accepted) {
        if (broken) {
            throw new IllegalStateException("broken by the test");
        }
        for (int i = 0; i < count; i++) {
            sent++;
            accepted[i] = send(Objects.requireNonNull(pipes.get(sockets[i])), bytes.duplicate());
        }
    }

    private static int send(Pipe to, ByteBuffer bytes) {
        try {
            int n = to.write(bytes);
            return n == 0 && bytes.hasRemaining() ? -1 : n;
        } catch (IOException e) {
            return -1;
        }
    }

    @Override
    public void close() {
        closed = true;
    }
}
