package dev.carillon.lab.fleet;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One client of a {@link Fleet}; confined to the fleet's thread. */
final class FleetClient {
    /** Chromium's reconnect delay without a {@code retry} field. */
    private static final int DEFAULT_RETRY_MILLIS = 3_000;

    /** A node that cannot read what a client has missed refuses the stream after its head, and does not say why. */
    private static final String REFUSED_LATE = "after-head";

    private static final int SLOW_RECEIVE_BYTES = 4 * 1024;
    private static final JsonMapper JSON = new JsonMapper();
    private static final int MAX_FRAME_HEAD = 8;
    private static final int OK = 200;
    private static final int SWITCHED = 101;
    /** The key only shows that the server speaks the protocol, so that all clients may use the same. */
    private static final List<String> HANDSHAKE = List.of(
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: Y2FyaWxsb24gY2xpZW50IQ==");

    private static final Pattern EXPIRED = Pattern.compile("(?i); *max-age=0 *(;|$)");
    private static final List<String> NO_HEADERS = List.of();
    private static final List<String> EVENT_STREAM = List.of("Accept: text/event-stream");

    final int number;
    long dueNanos;

    final Fleet.Client plan;
    private final Fleet fleet;
    private final Map<String, String> cookies = new LinkedHashMap<>();
    private final StreamParser parser;
    private ResponseParser body;
    private @Nullable SocketChannel channel;
    private @Nullable TlsSession tls;
    private boolean requested;
    /** Whether the response is a position. */
    private boolean positioning;

    private final ByteArrayOutputStream answer = new ByteArrayOutputStream(0);
    private boolean open;
    /** Whether the stream has had an event. */
    private boolean heard;

    FleetClient(int number, Fleet.Client plan, Fleet fleet) {
        this.number = number;
        this.plan = plan;
        this.fleet = fleet;
        this.parser = plan.webSocket()
                ? new MessageParser(new Conversation(plan.messages(), this::onEvent, this::sendText), this::answerPing)
                : new EventParser(this::onEvent);
        this.body = response();
    }

    private ResponseParser response() {
        return usesHttp2() ? new Http2Stream(parser::feed, this::send) : new HttpBody(parser::feed);
    }

    private boolean usesHttp2() {
        Fleet.Tls planned = plan.tls();
        return planned != null && planned.http2();
    }

    void connect(Selector selector) {
        positioning = plan.positionTarget() != null;
        answer.reset();
        body = positioning ? new HttpBody(this::answered) : response();
        parser.reset();
        heard = false;
        requested = false;
        try {
            SocketChannel fresh = SocketChannel.open();
            channel = fresh;
            fresh.configureBlocking(false);
            if (plan.slow()) {
                // A larger receive buffer would accept data that the client does not read.
                fresh.setOption(StandardSocketOptions.SO_RCVBUF, SLOW_RECEIVE_BYTES);
            }
            Fleet.Tls planned = plan.tls();
            tls = planned == null
                    ? null
                    : new TlsSession(
                            fresh,
                            planned,
                            plan.address().getHostString(),
                            plan.address().getPort());
            boolean connected = fresh.connect(plan.address());
            SelectionKey key =
                    fresh.register(selector, connected ? SelectionKey.OP_READ : SelectionKey.OP_CONNECT, this);
            if (connected) {
                begin(key);
            }
        } catch (IOException e) {
            end();
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
                read(now, buffer);
            }
        } catch (IOException e) {
            end();
        }
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
        write(
                usesHttp2()
                        ? Http2Stream.request(
                                plan.address().getHostString() + ":"
                                        + plan.address().getPort(),
                                plan.target())
                        : request().getBytes(StandardCharsets.ISO_8859_1));
    }

    private void write(byte[] bytes) throws IOException {
        SocketChannel now = channel;
        TlsSession session = tls;
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        if (session != null) {
            session.write(buffer);
        } else if (now != null) {
            now.write(buffer);
            if (buffer.hasRemaining()) {
                throw new IOException("the send buffer is too small for a request");
            }
        }
    }

    /** Writes bytes between two reads, of which the next one reports a failure. */
    private void send(byte[] bytes) {
        try {
            write(bytes);
        } catch (IOException e) {
            // Reported later.
        }
    }

    /** Closes the connection if the stream is open; the client reconnects. */
    void drop() {
        if (open) {
            end();
        }
    }

    /** Closes the connection for good. */
    void leave() {
        close();
    }

    private void read(SocketChannel now, ByteBuffer buffer) throws IOException {
        TlsSession session = tls;
        if (session == null) {
            if (now.read(buffer) < 0) {
                end();
            } else {
                received(buffer.flip());
            }
            return;
        }
        if (!session.read(buffer, this::received)) {
            end();
        } else if (session.isOpen() && !requested) {
            sendRequest();
        }
    }

    private void received(ByteBuffer bytes) throws IOException {
        if (channel == null) {
            // The bytes before have ended the stream.
            return;
        }
        boolean headWasRead = body.status() != 0;
        body.feed(bytes);
        if (positioning) {
            position();
            return;
        }
        if (!headWasRead && body.status() != 0) {
            body.header("set-cookie").forEach(this::storeCookie);
            if (body.status() != (plan.webSocket() ? SWITCHED : OK)) {
                refused();
                return;
            }
        }
        boolean ended = body.ended() || parser.ended();
        if (parser.opened() && !ended) {
            opened();
        }
        if (ended) {
            end();
        }
    }

    private void answered(ByteBuffer bytes) {
        byte[] part = new byte[bytes.remaining()];
        bytes.get(part);
        answer.writeBytes(part);
    }

    /** Loads the state when the position is known, and opens the stream from it on the same connection. */
    private void position() throws IOException {
        if (body.status() != 0 && body.status() != OK) {
            end();
        } else if (body.ended()) {
            body.header("set-cookie").forEach(this::storeCookie);
            parser.resumeFrom(JSON.readTree(answer.toByteArray()).path("cursor").asText());
            fleet.positioned(this);
            positioning = false;
            body = response();
            sendRequest();
        }
    }

    private void refused() {
        if (plan.webSocket()) {
            end();
        } else {
            close();
            fleet.refusedForGood(this, body.status());
        }
    }

    /** Sends a pong with the data of a ping (RFC 6455, section 5.5.3). The mask is zero, which leaves the data as it is. */
    private void answerPing(byte[] data) {
        send(ByteBuffer.allocate(2 + 4 + data.length)
                .put((byte) 0x8a)
                .put((byte) (0x80 | data.length))
                .putInt(0)
                .put(data)
                .array());
    }

    /** Sends a message in one frame (RFC 6455, section 5.2), with a zero mask, too. */
    private void sendText(String text) {
        byte[] data = text.getBytes(StandardCharsets.UTF_8);
        ByteBuffer frame = ByteBuffer.allocate(MAX_FRAME_HEAD + data.length).put((byte) 0x81);
        if (data.length < 126) {
            frame.put((byte) (0x80 | data.length));
        } else {
            frame.put((byte) (0x80 | 126)).putShort((short) data.length);
        }
        frame.putInt(0).put(data).flip();
        byte[] bytes = new byte[frame.remaining()];
        frame.get(bytes);
        send(bytes);
    }

    private void storeCookie(String setCookie) {
        String[] pair = setCookie.split(";", 2)[0].split("=", 2);
        if (EXPIRED.matcher(setCookie).find()) {
            cookies.remove(pair[0]);
        } else {
            cookies.put(pair[0], pair.length > 1 ? pair[1] : "");
        }
    }

    private void opened() {
        if (!open && refusal().isEmpty()) {
            open = true;
            fleet.opened(this);
        }
    }

    private void onEvent(StreamEvent event) {
        heard = true;
        if (plan.messages() == null || parser.opened()) {
            opened();
        }
        fleet.received(this, event);
    }

    /** Why the node has refused the stream for the moment; empty: it has not. */
    private Optional<String> refusal() {
        return body.header("carillon-refused").stream()
                .findFirst()
                .or(() -> parser.refusedLate() ? Optional.of(REFUSED_LATE) : Optional.empty());
    }

    private void end() {
        boolean wasOpen = open;
        close();
        if (wasOpen && !heard && parser.refusedLate()) {
            fleet.withdrawn(this, REFUSED_LATE);
        } else if (!wasOpen) {
            refusal()
                    .ifPresentOrElse(reason -> fleet.refused(this, reason), () -> fleet.notOpened(this, body.status()));
        }
        int retryMillis = parser.retryMillis();
        fleet.reconnectLater(this, retryMillis < 0 ? DEFAULT_RETRY_MILLIS : retryMillis);
    }

    private void close() {
        SocketChannel now = channel;
        channel = null;
        if (now != null) {
            try {
                now.close();
            } catch (IOException e) {
                // The connection is closed either way.
            }
        }
        if (open) {
            open = false;
            fleet.closed(this);
        }
    }

    private String request() {
        InetSocketAddress address = plan.address();
        StringBuilder request = new StringBuilder("GET " + target() + " HTTP/1.1\r\nHost: " + address.getHostString()
                + ":" + address.getPort() + "\r\nCache-Control: no-cache\r\n");
        (positioning ? NO_HEADERS : plan.webSocket() ? HANDSHAKE : EVENT_STREAM)
                .forEach(header -> request.append(header).append("\r\n"));
        plan.headers().forEach(header -> request.append(header).append("\r\n"));
        if (!cookies.isEmpty()) {
            StringBuilder pairs = new StringBuilder();
            cookies.forEach((name, value) -> pairs.append(pairs.isEmpty() ? "" : "; ")
                    .append(name)
                    .append('=')
                    .append(value));
            request.append("Cookie: ").append(pairs).append("\r\n");
        }
        if (!parser.lastId().isEmpty() && !plan.webSocket() && !positioning) {
            request.append("Last-Event-ID: ").append(parser.lastId()).append("\r\n");
        }
        return request.append("\r\n").toString();
    }

    /** A browser cannot set a header of a WebSocket, so that its page adds the id to the target. */
    private String target() {
        String position = plan.positionTarget();
        if (positioning && position != null) {
            return position;
        }
        String target = plan.target();
        Fleet.Messages messages = plan.messages();
        boolean otherwise = messages != null && messages.resume() != Fleet.Resume.BY_REQUEST;
        if (!plan.webSocket() || otherwise || parser.lastId().isEmpty()) {
            return target;
        }
        return target + (target.contains("?") ? "&" : "?") + "lastEventID="
                + URLEncoder.encode(parser.lastId(), StandardCharsets.UTF_8);
    }
}
