package dev.carillon.lab.load;

import dev.carillon.lab.fleet.Fleet;
import dev.carillon.lab.fleet.HttpBody;
import dev.carillon.lab.fleet.TlsSession;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A persistent connection of a {@link Publisher}, confined to its thread. At most one broadcast is in flight. */
final class PublisherConnection {
    private static final int RESPONSE_BYTES = 32 * 1024;
    private static final int MAX_PROBLEM_BYTES = 500;

    /** Receives the results of broadcasts and the state of the connection. */
    interface Callback {
        void acknowledged(PublisherConnection connection);

        /**
         * @param status status of the response; 0 if there was none, so that the event may be in the log
         * @param reason body of the response, or description of the failure
         */
        void failed(PublisherConnection connection, int status, String reason);

        /** The connection is ready for the next broadcast. */
        void idle(PublisherConnection connection);

        /** The connection is closed. */
        void closed(PublisherConnection connection);
    }

    final int number;
    final InetSocketAddress node;
    /** Topic, sequence and start of the broadcast in flight. */
    int topic;

    long sequence;
    long sentNanos;
    /** When the {@link Publisher} reconnects; 0 if no reconnect is due. */
    long reconnectNanos;

    private final Callback callback;
    private final ByteBuffer buffer = ByteBuffer.allocate(RESPONSE_BYTES);
    private final StringBuilder problem = new StringBuilder();
    private HttpBody response = new HttpBody(this::readBody);
    private @Nullable SocketChannel channel;
    private @Nullable SelectionKey key;
    private @Nullable ByteBuffer unsent;
    private final Fleet.@Nullable Tls plannedTls;
    private @Nullable TlsSession tls;
    private boolean inFlight;

    PublisherConnection(int number, InetSocketAddress node, Access access, Callback callback) {
        this.plannedTls = access.broadcastTls();
        this.number = number;
        this.node = node;
        this.callback = callback;
    }

    boolean isInFlight() {
        return inFlight;
    }

    void connect(Selector selector) {
        try {
            SocketChannel fresh = SocketChannel.open();
            channel = fresh;
            fresh.configureBlocking(false);
            fresh.setOption(StandardSocketOptions.TCP_NODELAY, true);
            boolean connected = fresh.connect(node);
            key = fresh.register(selector, connected ? SelectionKey.OP_READ : SelectionKey.OP_CONNECT, this);
            Fleet.Tls planned = plannedTls;
            tls = planned == null ? null : new TlsSession(fresh, planned, node.getHostString(), node.getPort());
            if (connected) {
                begin();
            }
        } catch (IOException e) {
            fail(0, String.valueOf(e.getMessage()));
        }
    }

    /** The connection is established; with TLS the handshake comes first. */
    private void begin() throws IOException {
        TlsSession session = tls;
        if (session == null) {
            callback.idle(this);
        } else {
            session.begin();
        }
    }

    void send(ByteBuffer request) {
        inFlight = true;
        unsent = request;
        problem.setLength(0);
        response = new HttpBody(this::readBody);
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
                begin();
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
        TlsSession session = tls;
        if (rest != null && session != null) {
            session.write(rest);
            unsent = null;
        } else if (rest != null && now != null && at != null) {
            now.write(rest);
            at.interestOps(rest.hasRemaining() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ);
            unsent = rest.hasRemaining() ? rest : null;
        }
    }

    private void read(SocketChannel now) throws IOException {
        TlsSession session = tls;
        boolean wasOpen = session == null || session.isOpen();
        boolean continues = session == null ? now.read(buffer.clear()) >= 0 : session.read(buffer.clear(), this::feed);
        if (!continues) {
            fail(0, "the node closed the connection");
            return;
        }
        if (session == null) {
            feed(buffer.flip());
        } else if (!wasOpen && session.isOpen()) {
            callback.idle(this);
        }
        if (!response.ended() || !inFlight) {
            return;
        }
        int status = response.status();
        boolean persistent = response.header("connection").stream().noneMatch(value -> value.equalsIgnoreCase("close"));
        inFlight = false;
        if (status == 200) {
            callback.acknowledged(this);
        } else {
            callback.failed(this, status, problem.toString());
        }
        if (persistent) {
            callback.idle(this);
        } else {
            fail(0, "");
        }
    }

    private void feed(ByteBuffer bytes) throws IOException {
        response.feed(bytes);
    }

    private void readBody(ByteBuffer bytes) {
        int n = Math.min(bytes.remaining(), MAX_PROBLEM_BYTES - problem.length());
        problem.append(StandardCharsets.UTF_8.decode(bytes.slice(bytes.position(), Math.max(0, n))));
        bytes.position(bytes.limit());
    }

    /** Closes the connection; the broadcast in flight fails. */
    void fail(int status, String reason) {
        close();
        boolean wasInFlight = inFlight;
        inFlight = false;
        if (wasInFlight) {
            callback.failed(this, status, reason);
        }
        callback.closed(this);
    }

    void close() {
        SocketChannel now = channel;
        channel = null;
        unsent = null;
        if (now != null) {
            try {
                now.close();
            } catch (IOException e) {
                // The connection is closed either way.
            }
        }
    }
}
