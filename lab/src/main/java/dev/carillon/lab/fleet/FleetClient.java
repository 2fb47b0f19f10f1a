package dev.carillon.lab.fleet;

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
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One client of a {@link Fleet}, by server-sent events or, at {@code /ws}, by a WebSocket; confined to the fleet's thread. */
final class FleetClient {
    /** Chromium's reconnect delay without a {@code retry} field. */
    private static final int DEFAULT_RETRY_MILLIS = 3_000;

    private static final int SLOW_RECEIVE_BYTES = 4 * 1024;

    final int number;
    long dueNanos;

    final Fleet.Client plan;
    private final Fleet fleet;
    private final Map<String, String> cookies = new LinkedHashMap<>();
    private final boolean webSocket;
    private final StreamParser parser;
    private HttpBody body;
    private @Nullable SocketChannel channel;
    private boolean open;

    FleetClient(int number, Fleet.Client plan, Fleet fleet) {
        this.number = number;
        this.plan = plan;
        this.fleet = fleet;
        this.webSocket = plan.target().startsWith("/ws");
        this.parser = webSocket ? new MessageParser(this::onEvent, this::send) : new EventParser(this::onEvent);
        this.body = new HttpBody(parser::feed);
    }

    /** Answers of some bytes, for which the send buffer always has room. */
    private void send(byte[] frame) {
        SocketChannel now = channel;
        try {
            if (now != null && now.write(ByteBuffer.wrap(frame)) < frame.length) {
                throw new IllegalStateException(
                        "the send buffer has no room for a frame of " + frame.length + " bytes");
            }
        } catch (IOException e) {
            // The next read ends the connection.
        }
    }

    void connect(Selector selector) {
        body = new HttpBody(parser::feed);
        parser.reset();
        try {
            SocketChannel fresh = SocketChannel.open();
            channel = fresh;
            fresh.configureBlocking(false);
            if (plan.slow()) {
                // A larger receive buffer would accept data that the client does not read.
                fresh.setOption(StandardSocketOptions.SO_RCVBUF, SLOW_RECEIVE_BYTES);
            }
            boolean connected = fresh.connect(plan.address());
            SelectionKey key =
                    fresh.register(selector, connected ? SelectionKey.OP_READ : SelectionKey.OP_CONNECT, this);
            if (connected) {
                sendRequest(fresh, key);
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
                sendRequest(now, key);
            } else if (key.isReadable()) {
                read(now, buffer);
            }
        } catch (IOException e) {
            end();
        }
    }

    private void sendRequest(SocketChannel now, SelectionKey key) throws IOException {
        key.interestOps(SelectionKey.OP_READ);
        ByteBuffer request = ByteBuffer.wrap(request().getBytes(StandardCharsets.ISO_8859_1));
        now.write(request);
        if (request.hasRemaining()) {
            throw new IOException("the send buffer of a new socket is too small for a request");
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
        int n = now.read(buffer);
        if (n < 0) {
            end();
            return;
        }
        boolean headWasRead = body.status() != 0;
        body.feed(buffer.flip());
        if (!headWasRead && body.status() != 0) {
            body.header("set-cookie").forEach(this::storeCookie);
            if (webSocket && body.status() == 503) {
                // A WebSocket client reconnects after it; an EventSource would give up.
                end();
                return;
            }
            if (body.status() != (webSocket ? 101 : 200)) {
                close();
                fleet.refusedForGood(this, body.status());
                return;
            }
        }
        if (parser.opened() && !body.ended()) {
            opened();
        }
        if (body.ended() || parser.ended()) {
            end();
        }
    }

    private void storeCookie(String setCookie) {
        String[] pair = setCookie.split(";", 2)[0].split("=", 2);
        cookies.put(pair[0], pair.length > 1 ? pair[1] : "");
    }

    private void opened() {
        if (!open) {
            open = true;
            fleet.opened(this);
        }
    }

    private void onEvent(StreamEvent event) {
        opened();
        fleet.received(this, event);
    }

    private void end() {
        close();
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

    private String target() {
        return webSocket && !parser.lastId().isEmpty()
                ? plan.target() + (plan.target().contains("?") ? "&" : "?") + "lastEventID="
                        + URLEncoder.encode(parser.lastId(), StandardCharsets.UTF_8)
                : plan.target();
    }

    private String request() {
        InetSocketAddress address = plan.address();
        StringBuilder request = new StringBuilder("GET " + target() + " HTTP/1.1\r\nHost: " + address.getHostString()
                + ":" + address.getPort() + "\r\nAccept: text/event-stream\r\nCache-Control: no-cache\r\n");
        if (webSocket) {
            request.append("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n")
                    .append("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
        }
        plan.headers().forEach(header -> request.append(header).append("\r\n"));
        if (!cookies.isEmpty()) {
            StringBuilder pairs = new StringBuilder();
            cookies.forEach((name, value) -> pairs.append(pairs.isEmpty() ? "" : "; ")
                    .append(name)
                    .append('=')
                    .append(value));
            request.append("Cookie: ").append(pairs).append("\r\n");
        }
        if (!parser.lastId().isEmpty() && !webSocket) {
            request.append("Last-Event-ID: ").append(parser.lastId()).append("\r\n");
        }
        return request.append("\r\n").toString();
    }
}
