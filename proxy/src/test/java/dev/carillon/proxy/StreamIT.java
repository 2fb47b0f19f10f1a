package dev.carillon.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.testkit.Patience;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class StreamIT extends ProxyFixture {
    private static final int EVENTS = 100;
    private static final int STREAMS = 300;

    @Test
    void each_event_arrives_before_the_next_is_sent() throws Exception {
        TestNode node = node();
        BlockingQueue<String> seen = new ArrayBlockingQueue<>(EVENTS);
        node.answer = (request, socket) -> {
            TestNode.openStream(socket);
            for (int i = 0; i < EVENTS; i++) {
                TestNode.write(socket, "data: " + i + "\n\n");
                assertThat(seen.poll(Patience.LIMIT_SECONDS, TimeUnit.SECONDS)).isEqualTo("data: " + i);
            }
            socket.close();
        };
        RawClient client = client(proxy()).stream("/events");
        client.head();
        for (int i = 0; i < EVENTS; i++) {
            seen.add(client.line());
            assertThat(client.line()).isEmpty();
        }
        assertThat(client.ended()).isTrue();
    }

    @Test
    void the_head_of_a_quiet_stream_arrives_at_once() throws Exception {
        TestNode node = node();
        node.answer = (request, socket) -> {
            TestNode.openChunkedStream(socket);
            TestNode.awaitEnd(socket);
        };
        RawClient.Head head = client(proxy()).stream("/events").head();

        assertThat(head.header("Content-Type")).containsExactly("text/event-stream");
    }

    @Test
    void an_interrupted_stream_is_incomplete_even_for_a_client_that_asked_to_close() throws Exception {
        TestNode node = node();
        node.answer = (request, socket) -> {
            TestNode.openChunkedStream(socket);
            TestNode.chunk(socket, "data: 1\n\n");
            socket.close();
        };
        RawClient client = client(proxy()).get("/events", "Accept: text/event-stream\r\nConnection: close\r\n");
        RawClient.Head head = client.head();

        assertThat(head.header("Transfer-Encoding")).containsExactly("chunked");
        assertThat(client.rest()).endsWith("data: 1\n\n\r\n");
    }

    @Test
    void a_client_that_disconnects_closes_the_connection_to_the_node() throws Exception {
        TestNode node = node();
        AtomicLong ended = new AtomicLong();
        node.answer = (request, socket) -> {
            if (request.target().equals("/stream")) {
                TestNode.openStream(socket);
            }
            TestNode.awaitEnd(socket);
            ended.incrementAndGet();
        };
        StickyProxy proxy = proxy();
        RawClient stream = client(proxy).stream("/stream");
        stream.head();
        RawClient pending = client(proxy).send("POST /pending HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx");
        await(() -> node.requests.size() == 2);

        stream.close();
        // By a reset: a client that only shuts down its output may still read its answer.
        pending.socket.setSoLinger(true, 0);
        pending.close();
        await(() -> ended.get() == 2 && open(proxy) == 0);
    }

    @Test
    void an_upload_that_is_cut_never_looks_complete_to_the_node() throws Exception {
        TestNode node = node();
        StickyProxy proxy = proxy();
        RawClient client =
                client(proxy).send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n");
        await(() -> open(proxy) == 1);
        client.close();

        await(() -> open(proxy) == 0);
        assertThat(node.requests).isEmpty();
    }

    @Test
    void an_answer_that_the_node_cuts_never_looks_complete() throws Exception {
        TestNode node = node();
        node.answer = (request, socket) -> {
            switch (request.target()) {
                case "/chunked" -> {
                    TestNode.openChunkedStream(socket);
                    TestNode.chunk(socket, "data: 1\n\n");
                }
                case "/length" -> TestNode.write(socket, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
                default -> {
                    TestNode.openStream(socket);
                    TestNode.write(socket, "data: 1\n\n");
                }
            }
            socket.close();
        };
        StickyProxy proxy = proxy();

        RawClient chunked = client(proxy).get("/chunked", "");
        chunked.head();
        assertThat(chunked.rest()).contains("data: 1").doesNotContain("\r\n0\r\n");
        RawClient length = client(proxy).get("/length", "");
        assertThat(length.head().header("Content-Length")).containsExactly("9");
        assertThat(length.rest()).isEqualTo("half");
        RawClient ending = client(proxy).get("/", "");
        RawClient.Head head = ending.head();
        assertThat(head.header("Transfer-Encoding")).isEmpty();
        assertThat(head.header("Connection")).containsExactly("close");
        assertThat(ending.rest()).isEqualTo("data: 1\n\n");
        await(() -> open(proxy) == 0);
    }

    @Test
    void a_client_that_does_not_read_stops_the_node_and_not_the_proxy() throws Exception {
        TestNode node = node();
        AtomicLong written = new AtomicLong();
        node.answer = (request, socket) -> {
            if (!request.target().equals("/much")) {
                TestNode.send(socket, 200, "text/plain", "quick");
                return;
            }
            TestNode.openStream(socket);
            byte[] block = new byte[64 * 1024];
            while (written.get() < (256L << 20)) {
                socket.getOutputStream().write(block);
                written.addAndGet(block.length);
            }
        };
        StickyProxy proxy = proxy();
        RawClient slow = client(proxy).stream("/much");
        slow.head();
        AtomicLong before = new AtomicLong(-1);
        // It stops when the socket buffers are full, which are some MiB.
        org.awaitility.Awaitility.await()
                .pollInterval(Duration.ofMillis(500))
                .until(() -> before.getAndSet(written.get()) == written.get() && written.get() > 0);

        assertThat(written.get()).isBetween(1L, 64L << 20);
        RawClient other = client(proxy).get("/", "");
        assertThat(other.body(other.head())).isEqualTo("quick");
        slow.close();
        await(() -> open(proxy) == 0);
    }

    @Test
    void large_answers_and_bodies_are_forwarded_completely() throws Exception {
        TestNode node = node();
        node.answer = (request, socket) -> TestNode.send(socket, 200, "text/plain", request.body());
        String body = "0123456789abcdef".repeat(200_000);
        RawClient client = client(proxy());
        Thread.ofVirtual().start(() -> {
            try {
                client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
            } catch (java.io.IOException e) {
                // The assertion fails then.
            }
        });

        assertThat(client.body(client.head())).isEqualTo(body);
    }

    @Test
    @Tag("own-jvm")
    void ended_streams_leave_no_state() throws Exception {
        TestNode node = node();
        node.answer = (request, socket) -> {
            TestNode.openStream(socket);
            TestNode.awaitEnd(socket);
        };
        StickyProxy proxy = proxy();
        await(() -> node.connections.isEmpty());
        long before = descriptors();
        for (int round = 0; round < 2; round++) {
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < STREAMS; i++) {
                RawClient client = new RawClient(proxy.port()).stream("/");
                client.head();
                clients.add(client);
            }
            assertThat(open(proxy)).isEqualTo(STREAMS);
            assertThat(descriptors()).isGreaterThan(before + 4 * STREAMS - 50);
            clients.forEach(RawClient::close);
            await(() -> open(proxy) == 0);
        }
        await(() -> descriptors() <= before + 10);
    }

    @Test
    void a_websocket_relays_and_closes_in_both_directions() throws Exception {
        TestNode node = node();
        node.answer = (request, socket) -> {
            assertThat(request.header("Upgrade")).containsExactly("websocket");
            assertThat(request.header("Connection")).containsExactly("Upgrade");
            assertThat(request.header("Sec-WebSocket-Key")).containsExactly("k");
            TestNode.write(
                    socket,
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            + "Sec-WebSocket-Accept: a\r\n\r\nhello");
            echo(socket);
        };
        StickyProxy proxy = proxy();
        RawClient client = client(proxy)
                .get("/ws", "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Key: k\r\n");
        RawClient.Head head = client.head();
        assertThat(head.status()).startsWith("HTTP/1.1 101");
        assertThat(head.header("Upgrade")).containsExactly("websocket");
        assertThat(head.header("Sec-WebSocket-Accept")).containsExactly("a");
        assertThat(head.cookie()).hasSize(16);
        assertThat(new String(client.socket.getInputStream().readNBytes(5), java.nio.charset.StandardCharsets.UTF_8))
                .isEqualTo("hello");
        for (int i = 0; i < EVENTS; i++) {
            client.send("ping " + i + "\n");
            assertThat(client.line()).isEqualTo("ping " + i);
        }
        assertThat(open(proxy)).isEqualTo(1);

        client.send("bye\n");
        assertThat(client.line()).isEqualTo("bye");
        assertThat(client.ended()).isTrue();
        client.close();
        await(() -> open(proxy) == 0);

        RawClient leaves =
                client(proxy).get("/ws", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: k\r\n");
        leaves.head();
        leaves.close();
        await(() -> open(proxy) == 0 && node.connections.size() <= 1);
    }

    @Test
    void a_refused_upgrade_is_forwarded_as_an_answer() throws Exception {
        TestNode node = node();
        RawClient client = client(proxy()).get("/ws", "Upgrade: websocket\r\nConnection: Upgrade\r\n");

        assertThat(client.body(client.head())).isEqualTo(node.name() + " ");
        assertThat(client.body(client.get("/", "").head())).isEqualTo(node.name() + " ");
    }

    @Test
    void a_hung_node_ends_its_websockets() throws Exception {
        TestNode node = node();
        node.answer = (request, socket) -> {
            TestNode.write(
                    socket, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
            TestNode.awaitEnd(socket);
        };
        RawClient client =
                client(proxy(config().withHealth(BRIEF))).get("/ws", "Upgrade: websocket\r\nConnection: Upgrade\r\n");
        client.head();
        node.hang();

        assertThat(client.ended()).isTrue();
    }

    private static void echo(Socket socket) throws Exception {
        StringBuilder line = new StringBuilder();
        int b = socket.getInputStream().read();
        while (b >= 0) {
            line.append((char) b);
            if (b == '\n') {
                TestNode.write(socket, line.toString());
                if (line.toString().equals("bye\n")) {
                    socket.close();
                    return;
                }
                line.setLength(0);
            }
            b = socket.getInputStream().read();
        }
    }
}
