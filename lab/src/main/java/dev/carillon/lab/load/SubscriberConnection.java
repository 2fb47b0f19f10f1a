package dev.carillon.lab.load;

import dev.carillon.lab.fleet.Fleet;
import dev.carillon.lab.fleet.Http2Stream;
import dev.carillon.lab.fleet.HttpBody;
import dev.carillon.lab.fleet.ResponseParser;
import dev.carillon.lab.fleet.TlsSession;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One subscriber connection of a {@link Fanout}, confined to its {@link Reader}'s thread. It does not reconnect. */
final class SubscriberConnection implements StreamScanner.Sink {
    private static final int STALLED_RECEIVE_BYTES = 4 * 1024;
    /** Of the first event, which has the handle of the session. */
    private static final int OPEN_BYTES = 1_024;

    private static final Pattern HANDLE = Pattern.compile("\"session\":\"([^\"]+)\"");

    final int number;
    final int topic;
    final DeliveryRecord deliveries;
    private final boolean stalled;
    private final Reader reader;
    private final ResponseParser body;
    private @Nullable TlsSession tls;
    private boolean requested;
    private @Nullable WebSocketOpening opening;
    private @Nullable StreamScanner scanner;
    private @Nullable GzipScanner decompressor;
    private @Nullable SocketChannel channel;
    private boolean open;
    private boolean ended;
    private boolean closedByNode;

    SubscriberConnection(int number, Reader reader) {
        FanoutPlan.Listening plan = reader.plan.listening();
        this.number = number;
        this.reader = reader;
        this.topic = plan.topic(number);
        this.stalled = plan.isStalled(number);
        this.body = reader.plan.access().isHttp2()
                ? new Http2Stream(this::onBody, this::sendBetween)
                : new HttpBody(this::onBody);
        this.deliveries = new DeliveryRecord(reader.plan.broadcasting().window());
    }

    void connect(Selector selector) {
        FanoutPlan.Listening plan = reader.plan.listening();
        try {
            SocketChannel fresh = SocketChannel.open();
            channel = fresh;
            fresh.configureBlocking(false);
            fresh.setOption(StandardSocketOptions.TCP_NODELAY, true);
            if (stalled) {
                // A larger receive buffer would accept data that the client does not read.
                fresh.setOption(StandardSocketOptions.SO_RCVBUF, STALLED_RECEIVE_BYTES);
            }
            if (plan.sources() > 0) {
                byte[] source = {127, 0, 0, (byte) (2 + number % plan.sources())};
                fresh.bind(new InetSocketAddress(InetAddress.getByAddress(source), 0));
            }
            InetSocketAddress node = plan.node(number);
            Fleet.Tls planned = reader.plan.access().tls();
            tls = planned == null ? null : new TlsSession(fresh, planned, node.getHostString(), node.getPort());
            boolean connected = fresh.connect(node);
            SelectionKey key =
                    fresh.register(selector, connected ? SelectionKey.OP_READ : SelectionKey.OP_CONNECT, this);
            if (connected) {
                begin(key);
            }
        } catch (IOException e) {
            end(message(e));
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
                begin(key);
            } else if (key.isReadable()) {
                read(now, key, buffer);
            }
        } catch (IOException e) {
            end(message(e));
        } catch (UncheckedIOException e) {
            end(message(e.getCause()));
        }
    }

    private static String message(@Nullable IOException e) {
        String message = e == null ? null : e.getMessage();
        return message == null ? String.valueOf(e) : message;
    }

    private void begin(SelectionKey key) throws IOException {
        key.interestOps(SelectionKey.OP_READ);
        TlsSession session = tls;
        if (session == null) {
            sendRequest();
        } else {
            session.begin();
        }
    }

    private void sendRequest() throws IOException {
        requested = true;
        FanoutPlan.Listening plan = reader.plan.listening();
        InetSocketAddress node = plan.node(number);
        String authority = node.getHostString() + ":" + node.getPort();
        String target = "/" + (plan.protocol() == Protocol.WS ? "ws" : "events")
                + reader.plan.access().audience().query(reader.counts.topic(topic));
        if (reader.plan.access().isHttp2()) {
            writeWhole(ByteBuffer.wrap(Http2Stream.request(authority, target)));
            return;
        }
        StringBuilder request =
                new StringBuilder("GET " + target + " HTTP/1.1\r\nHost: " + authority + "\r\n" + cookie());
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
        writeWhole(ByteBuffer.wrap(request.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1)));
    }

    private String cookie() {
        Cookies kept = reader.plan.access().cookies();
        String header = kept == null ? "" : kept.of(number);
        return header.isEmpty() ? "" : "Cookie: " + header + "\r\n";
    }

    private void writeWhole(ByteBuffer bytes) throws IOException {
        SocketChannel to = channel;
        TlsSession session = tls;
        if (session != null) {
            session.write(bytes);
        } else if (to != null) {
            to.write(bytes);
            if (bytes.hasRemaining()) {
                throw new IOException("the send buffer of a socket is full");
            }
        }
    }

    /** Writes between two reads. */
    private void sendBetween(byte[] bytes) {
        try {
            writeWhole(ByteBuffer.wrap(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read(SocketChannel now, SelectionKey key, ByteBuffer buffer) throws IOException {
        TlsSession session = tls;
        boolean continues = session == null ? now.read(buffer.clear()) >= 0 : session.read(buffer.clear(), this::feed);
        if (!continues) {
            end(open ? "the node ended the stream" : "the node closed the connection before its stream was open");
            return;
        }
        if (session == null) {
            feed(buffer.flip());
        } else if (session.isOpen() && !requested) {
            sendRequest();
        }
        if (body.ended()) {
            end("the node ended the stream");
        } else if (stalled && open && key.isValid()) {
            key.interestOps(0);
        }
    }

    /** With TLS, the decrypted bytes. */
    private void feed(ByteBuffer bytes) throws IOException {
        reader.bytesRead(bytes.remaining());
        body.feed(bytes);
        if (body.status() != 0 && scanner == null && !ended) {
            scanner = scanner();
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

    /** Chooses the scanner by the head of the response. */
    private StreamScanner scanner() throws ProtocolException {
        WebSocketOpening requested = opening;
        if (body.status() != (requested == null ? 200 : 101)) {
            throw new ProtocolException("the node answered with status " + body.status());
        }
        Cookies kept = reader.plan.access().cookies();
        if (kept != null) {
            kept.keep(number, body.header("set-cookie"));
        }
        if (requested != null) {
            requested.check(body.header("sec-websocket-accept"));
            return new WebSocketScanner(this);
        }
        SseScanner plain = new SseScanner(this, isSession() ? OPEN_BYTES : SseScanner.KEPT_BYTES);
        if (body.header("content-encoding").contains("gzip")) {
            reader.counts.compressed.incrementAndGet();
            decompressor = new GzipScanner(plain, reader.decompressed);
            return decompressor;
        }
        return plain;
    }

    private boolean isSession() {
        return reader.plan.access().audience() == Access.Audience.SESSION;
    }

    /** The public handle of the session in the first event. */
    private void keepHandle(byte[] bytes, int from, int to) {
        Matcher handle = HANDLE.matcher(new String(bytes, from, to - from, StandardCharsets.UTF_8));
        if (handle.find()) {
            reader.counts.handles.set(topic, handle.group(1));
        }
    }

    @Override
    public void event(byte[] bytes, int from, int to) {
        if (!open) {
            if (isSession()) {
                keepHandle(bytes, from, to);
            }
            open = true;
            reader.opened(this, stalled);
        }
        if (!stalled) {
            reader.event(this, bytes, from, to);
        }
    }

    @Override
    public void gap(byte[] bytes, int from, int to) {
        if (stalled) {
            reader.counts.announcedDropped.addAndGet(DroppedCount.count(bytes, from, to));
        } else {
            reader.counts.gaps.incrementAndGet();
        }
    }

    @Override
    public void ping(byte[] bytes, int from, int to) {
        try {
            writeWhole(WebSocketOpening.pong(bytes, from, to));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void end(String reason) {
        if (!ended) {
            ended = true;
            closedByNode = stalled;
            close();
            reader.ended(this, open, stalled, reason);
        }
    }

    /** Whether its stream ended before the end of the run. */
    boolean endedEarly() {
        return ended;
    }

    boolean hasOpened() {
        return open;
    }

    boolean isStalled() {
        return stalled;
    }

    /**
     * Reads the buffered data of a stalled connection after the run: the gaps that it received, and whether the node closed the connection.
     *
     * @return whether there was something to read
     */
    boolean readRemaining(ByteBuffer buffer) {
        SocketChannel now = channel;
        if (now == null || closedByNode) {
            return false;
        }
        try {
            now.setOption(StandardSocketOptions.SO_RCVBUF, buffer.capacity());
            int n = now.read(buffer.clear());
            closedByNode = n < 0;
            if (n > 0) {
                body.feed(buffer.flip());
            }
            return n != 0;
        } catch (IOException | UncheckedIOException e) {
            closedByNode = true;
            return true;
        }
    }

    /** Whether the node closed this stalled connection. */
    boolean wasClosedByNode() {
        return closedByNode;
    }

    void close() {
        if (decompressor != null) {
            decompressor.end();
            decompressor = null;
        }
        SocketChannel now = channel;
        channel = null;
        if (now != null) {
            try {
                now.close();
            } catch (IOException e) {
                // The connection is closed either way.
            }
        }
    }
}
