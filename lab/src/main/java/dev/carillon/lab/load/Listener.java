package dev.carillon.lab.load;

import dev.carillon.lab.fleet.HttpBody;
import dev.carillon.lab.load.FanoutPlan.Protocol;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** One connection of a {@link Fanout}; lives on its {@link Reader}'s thread. It does not come back when it ends. */
final class Listener implements StreamScanner.Sink {
    private static final int STALLED_RECEIVE_BYTES = 4 * 1024;

    final int number;
    final int topic;
    final Tally tally;
    private final boolean stalls;
    private final Reader reader;
    private final HttpBody body = new HttpBody(this::onBody);
    private @Nullable WebSocketOpening opening;
    private @Nullable StreamScanner scanner;
    private @Nullable GzipScanner unpacking;
    private @Nullable SocketChannel channel;
    private boolean open;
    private boolean ended;
    private boolean cut;

    Listener(int number, Reader reader) {
        FanoutPlan.Listening plan = reader.plan.listening();
        this.number = number;
        this.reader = reader;
        this.topic = plan.topic(number);
        this.stalls = plan.stalls(number);
        this.tally = new Tally(reader.plan.broadcasting().window());
    }

    void connect(Selector selector) {
        FanoutPlan.Listening plan = reader.plan.listening();
        try {
            SocketChannel fresh = SocketChannel.open();
            channel = fresh;
            fresh.configureBlocking(false);
            fresh.setOption(StandardSocketOptions.TCP_NODELAY, true);
            if (stalls) {
                // Else the system would take on what it does not read.
                fresh.setOption(StandardSocketOptions.SO_RCVBUF, STALLED_RECEIVE_BYTES);
            }
            if (plan.sources() > 0) {
                byte[] source = {127, 0, 0, (byte) (2 + number % plan.sources())};
                fresh.bind(new InetSocketAddress(InetAddress.getByAddress(source), 0));
            }
            boolean connected = fresh.connect(plan.node(number));
            SelectionKey key =
                    fresh.register(selector, connected ? SelectionKey.OP_READ : SelectionKey.OP_CONNECT, this);
            if (connected) {
                ask(fresh, key);
            }
        } catch (IOException e) {
            end(told(e));
        }
    }

    void ready(SelectionKey key, ByteBuffer buffer) {
        SocketChannel now = channel;
        if (now == null) {
            return;
        }
        try {
            if (key.isConnectable()) {
                now.finishConnect();
                ask(now, key);
            } else if (key.isReadable()) {
                read(now, key, buffer);
            }
        } catch (IOException e) {
            end(told(e));
        } catch (UncheckedIOException e) {
            end(told(e.getCause()));
        }
    }

    private static String told(@Nullable IOException e) {
        String message = e == null ? null : e.getMessage();
        return message == null ? String.valueOf(e) : message;
    }

    private void ask(SocketChannel now, SelectionKey key) throws IOException {
        key.interestOps(SelectionKey.OP_READ);
        FanoutPlan.Listening plan = reader.plan.listening();
        InetSocketAddress node = plan.node(number);
        StringBuilder request = new StringBuilder(
                "GET /" + (plan.protocol() == Protocol.WS ? "ws" : "events") + "?topic=" + reader.counts.topic(topic)
                        + " HTTP/1.1\r\nHost: " + node.getHostString() + ":" + node.getPort() + "\r\n");
        if (plan.token() != null) {
            request.append("Authorization: Bearer ").append(plan.token()).append("\r\n");
        }
        if (plan.protocol() == Protocol.WS) {
            opening = new WebSocketOpening();
            request.append(opening.headers());
        } else {
            request.append("Accept: text/event-stream\r\nCache-Control: no-cache\r\n");
            request.append(plan.gzip() ? "Accept-Encoding: gzip\r\n" : "");
        }
        writeWhole(now, ByteBuffer.wrap(request.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1)));
    }

    private static void writeWhole(SocketChannel to, ByteBuffer bytes) throws IOException {
        to.write(bytes);
        if (bytes.hasRemaining()) {
            throw new IOException("a socket that does not take a few bytes");
        }
    }

    private void read(SocketChannel now, SelectionKey key, ByteBuffer buffer) throws IOException {
        int n = now.read(buffer.clear());
        if (n < 0) {
            end(open ? "the node ended a stream" : "the node ended a connection before its stream was open");
            return;
        }
        reader.hadBytes(n);
        body.feed(buffer.flip());
        if (body.status() != 0 && scanner == null && !ended) {
            scanner = scanner();
        }
        if (body.ended()) {
            end("the node ended a stream");
        } else if (stalls && open && key.isValid()) {
            key.interestOps(0);
        }
    }

    private void onBody(ByteBuffer bytes) {
        try {
            StreamScanner to = scanner;
            if (to == null) {
                to = scanner();
                scanner = to;
            }
            int from = bytes.arrayOffset() + bytes.position();
            to.scan(bytes.array(), from, from + bytes.remaining());
            bytes.position(bytes.limit());
        } catch (ProtocolException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** By the head of the answer, once that is there. */
    private StreamScanner scanner() throws ProtocolException {
        WebSocketOpening asked = opening;
        if (body.status() != (asked == null ? 200 : 101)) {
            throw new ProtocolException("the node answered with status " + body.status());
        }
        if (asked != null) {
            asked.check(body.header("sec-websocket-accept"));
            return new WebSocketScanner(this);
        }
        SseScanner plain = new SseScanner(this);
        if (body.header("content-encoding").contains("gzip")) {
            reader.counts.compressed.incrementAndGet();
            unpacking = new GzipScanner(plain, reader.unpacked);
            return unpacking;
        }
        return plain;
    }

    @Override
    public void event(byte[] bytes, int from, int to) {
        if (!open) {
            open = true;
            reader.opened(this, stalls);
        }
        if (!stalls) {
            reader.event(this, bytes, from, to);
        }
    }

    @Override
    public void gap(byte[] bytes, int from, int to) {
        if (stalls) {
            reader.counts.toldDropped.addAndGet(Dropped.count(bytes, from, to));
        } else {
            reader.counts.gaps.incrementAndGet();
        }
    }

    @Override
    public void ping(byte[] bytes, int from, int to) {
        SocketChannel now = channel;
        if (now != null) {
            try {
                writeWhole(now, WebSocketOpening.pong(bytes, from, to));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private void end(String why) {
        if (!ended) {
            ended = true;
            cut = stalls;
            leave();
            reader.ended(this, open, stalls, why);
        }
    }

    /** Whether its stream ended before the run did. */
    boolean wasEnded() {
        return ended;
    }

    boolean wasOpen() {
        return open;
    }

    boolean stalls() {
        return stalls;
    }

    /**
     * Of one that stalls: reads on, after all, to learn what it is told, and whether the node had cut it off, whose end comes behind what
     * waited.
     *
     * @return whether there was something
     */
    boolean readOn(ByteBuffer buffer) {
        SocketChannel now = channel;
        if (now == null || cut) {
            return false;
        }
        try {
            now.setOption(StandardSocketOptions.SO_RCVBUF, buffer.capacity());
            int n = now.read(buffer.clear());
            cut = n < 0;
            if (n > 0) {
                body.feed(buffer.flip());
            }
            return n != 0;
        } catch (IOException | UncheckedIOException e) {
            cut = true;
            return true;
        }
    }

    /** Of one that stalls: whether the node had cut it off. */
    boolean wasCut() {
        return cut;
    }

    /** Goes. */
    void leave() {
        if (unpacking != null) {
            unpacking.end();
            unpacking = null;
        }
        SocketChannel now = channel;
        channel = null;
        if (now != null) {
            try {
                now.close();
            } catch (IOException e) {
                // Closing is all that was wanted.
            }
        }
    }
}
