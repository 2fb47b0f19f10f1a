package dev.carillon.lab.load;

import dev.carillon.lab.fleet.HttpBody;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** One kept connection of a {@link Publisher} for broadcasting; lives on its thread. One broadcast is under way at the most. */
final class BroadcastLane {
    private static final int ANSWER_BYTES = 16 * 1024;
    private static final int MAX_TOLD_BYTES = 500;

    /** What became of what was under way. */
    interface Outcome {
        void acknowledged(BroadcastLane lane);

        /** @param status of the answer; 0: there was none, and it may be in the log */
        void failed(BroadcastLane lane, int status, String why);

        /** It can be used, for the first time or again. */
        void free(BroadcastLane lane);

        /** Its connection is gone. */
        void down(BroadcastLane lane);
    }

    final int number;
    final InetSocketAddress node;
    /** Of what is under way. */
    int topic;

    long sequence;
    long sentNanos;
    /** When to connect again; of its {@link Publisher}; 0: not at all. */
    long retryNanos;

    private final Outcome outcome;
    private final ByteBuffer buffer = ByteBuffer.allocate(ANSWER_BYTES);
    private final StringBuilder told = new StringBuilder();
    private HttpBody answer = new HttpBody(this::tell);
    private @Nullable SocketChannel channel;
    private @Nullable SelectionKey key;
    private @Nullable ByteBuffer unsent;
    private boolean underWay;

    BroadcastLane(int number, InetSocketAddress node, Outcome outcome) {
        this.number = number;
        this.node = node;
        this.outcome = outcome;
    }

    boolean isUnderWay() {
        return underWay;
    }

    void connect(Selector selector) {
        try {
            SocketChannel fresh = SocketChannel.open();
            channel = fresh;
            fresh.configureBlocking(false);
            fresh.setOption(StandardSocketOptions.TCP_NODELAY, true);
            boolean connected = fresh.connect(node);
            key = fresh.register(selector, connected ? SelectionKey.OP_READ : SelectionKey.OP_CONNECT, this);
            if (connected) {
                outcome.free(this);
            }
        } catch (IOException e) {
            fail(0, String.valueOf(e.getMessage()));
        }
    }

    void send(ByteBuffer request) {
        underWay = true;
        unsent = request;
        told.setLength(0);
        answer = new HttpBody(this::tell);
        try {
            write();
        } catch (IOException e) {
            fail(0, String.valueOf(e.getMessage()));
        }
    }

    void ready() {
        SocketChannel now = channel;
        SelectionKey at = key;
        if (now == null || at == null) {
            return;
        }
        try {
            if (at.isConnectable()) {
                now.finishConnect();
                at.interestOps(SelectionKey.OP_READ);
                outcome.free(this);
                return;
            }
            if (at.isWritable()) {
                write();
            }
            if (at.isValid() && at.isReadable()) {
                read(now);
            }
        } catch (IOException e) {
            fail(0, String.valueOf(e.getMessage()));
        }
    }

    private void write() throws IOException {
        ByteBuffer rest = unsent;
        SocketChannel now = channel;
        SelectionKey at = key;
        if (rest != null && now != null && at != null) {
            now.write(rest);
            at.interestOps(rest.hasRemaining() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ);
            unsent = rest.hasRemaining() ? rest : null;
        }
    }

    private void read(SocketChannel now) throws IOException {
        if (now.read(buffer.clear()) < 0) {
            fail(0, "the node ended a connection");
            return;
        }
        answer.feed(buffer.flip());
        if (!answer.ended() || !underWay) {
            return;
        }
        int status = answer.status();
        boolean stays = answer.header("connection").stream().noneMatch(value -> value.equalsIgnoreCase("close"));
        underWay = false;
        if (status == 200) {
            outcome.acknowledged(this);
        } else {
            outcome.failed(this, status, told.toString());
        }
        if (stays) {
            outcome.free(this);
        } else {
            fail(0, "");
        }
    }

    private void tell(ByteBuffer bytes) {
        int n = Math.min(bytes.remaining(), MAX_TOLD_BYTES - told.length());
        told.append(StandardCharsets.UTF_8.decode(bytes.slice(bytes.position(), Math.max(0, n))));
        bytes.position(bytes.limit());
    }

    /** Loses its connection, and what is under way. */
    void fail(int status, String why) {
        close();
        boolean lost = underWay;
        underWay = false;
        if (lost) {
            outcome.failed(this, status, why);
        }
        outcome.down(this);
    }

    void close() {
        SocketChannel now = channel;
        channel = null;
        unsent = null;
        if (now != null) {
            try {
                now.close();
            } catch (IOException e) {
                // Closing is all that was wanted.
            }
        }
    }
}
