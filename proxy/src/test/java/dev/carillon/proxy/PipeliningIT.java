package dev.carillon.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients that pipeline requests, or shut down their output before the answer. */
class PipeliningIT extends ProxyFixture {
    private static final String PLAIN = "GET /plain HTTP/1.1\r\nHost: proxy.test\r\n\r\n";
    private static final String STREAM = "GET /stream HTTP/1.1\r\nHost: proxy.test\r\n\r\n";
    private static final String POST = "POST /plain HTTP/1.1\r\nHost: proxy.test\r\nContent-Length: 5\r\n\r\nhello";
    private static final String CHUNKED_POST = String.join(
            "\r\n",
            "POST /plain HTTP/1.1",
            "Host: proxy.test",
            "Transfer-Encoding: chunked",
            "",
            "3",
            "hel",
            "2",
            "lo",
            "0",
            "",
            "");
    private static final long SEED = 12;
    private static final int ROUNDS = 60;

    private final AtomicLong streamsLeft = new AtomicLong();
    private TestNode node = new TestNode();

    @BeforeEach
    void answers() {
        node.close();
        node = node();
        node.answer = (request, socket) -> {
            switch (request.target()) {
                case "/stream" -> {
                    TestNode.openChunkedStream(socket);
                    TestNode.chunk(socket, "data: 1\n\n");
                    TestNode.awaitEnd(socket);
                    streamsLeft.incrementAndGet();
                }
                case "/until-close" -> {
                    TestNode.openStream(socket);
                    TestNode.write(socket, "data: 1\n\n");
                    TestNode.awaitEnd(socket);
                    streamsLeft.incrementAndGet();
                }
                default -> TestNode.send(socket, 200, "text/plain", "plain " + request.body());
            }
        };
    }

    @Test
    void a_stream_starts_after_pipelined_answers_wherever_the_bytes_are_split() throws Exception {
        StickyProxy proxy = proxy(config().withHealth(PATIENT));
        String both = PLAIN + STREAM;
        for (int split = 1; split <= both.length(); split++) {
            try (RawClient client = new RawClient(proxy.port())) {
                client.socket.setTcpNoDelay(true);
                client.send(both.substring(0, split)).send(both.substring(split));

                assertThat(client.body(client.head())).as("split at %d", split).isEqualTo("plain ");
                assertStream(client);
            }
        }
        await(() -> open(proxy) == 0 && streamsLeft.get() == both.length());
    }

    @Test
    void requests_in_any_pieces_are_answered_in_order_up_to_the_first_stream() throws Exception {
        StickyProxy proxy = proxy(config().withHealth(PATIENT));
        Random random = new Random(SEED);
        for (int round = 0; round < ROUNDS; round++) {
            List<String> requests = new ArrayList<>();
            for (int i = random.nextInt(4); i >= 0; i--) {
                requests.add(List.of(PLAIN, POST, CHUNKED_POST).get(random.nextInt(3)));
            }
            String bytes = String.join("", requests) + STREAM + (random.nextBoolean() ? PLAIN : "");
            try (RawClient client = new RawClient(proxy.port())) {
                client.socket.setTcpNoDelay(true);
                int at = 0;
                while (at < bytes.length()) {
                    int end = Math.min(bytes.length(), at + 1 + random.nextInt(bytes.length()));
                    client.send(bytes.substring(at, end));
                    at = end;
                }
                for (String request : requests) {
                    assertThat(client.body(client.head()))
                            .as("round %d: %s", round, bytes)
                            .isEqualTo(request.equals(PLAIN) ? "plain " : "plain hello");
                }
                assertStream(client);
            }
        }
        await(() -> open(proxy) == 0);
    }

    @Test
    void empty_lines_before_a_request_and_behind_a_body_are_skipped_wherever_the_bytes_are_split() throws Exception {
        StickyProxy proxy = proxy(config().withHealth(PATIENT));
        String bytes = "\r\n" + POST + "\r\n\r\n" + PLAIN + "\r\n" + CHUNKED_POST + "\r\n" + PLAIN;
        for (int split = 1; split <= bytes.length(); split++) {
            try (RawClient client = new RawClient(proxy.port())) {
                client.socket.setTcpNoDelay(true);
                client.send(bytes.substring(0, split)).send(bytes.substring(split));
                for (String expected : List.of("plain hello", "plain ", "plain hello", "plain ")) {
                    RawClient.Head head = client.head();
                    assertThat(head.status()).as("split at %d", split).isEqualTo("HTTP/1.1 200 OK");
                    assertThat(client.body(head)).isEqualTo(expected);
                }
            }
        }
        // A client that sends nothing else is not read for ever.
        assertThat(client(proxy).send("\r\n".repeat(20)).rest()).startsWith("HTTP/1.1 400 ");
    }

    @Test
    void a_client_that_disconnects_from_its_stream_is_detected_after_pipelined_input() throws Exception {
        StickyProxy proxy = proxy(config().withHealth(PATIENT));
        for (String target : List.of("/stream", "/until-close")) {
            RawClient client = client(proxy).send(STREAM.replace("/stream", target) + PLAIN);
            assertThat(client.head().status()).isEqualTo("HTTP/1.1 200 OK");
            client.close();
        }
        await(() -> open(proxy) == 0 && streamsLeft.get() == 2);
    }

    @Test
    void a_client_that_shuts_down_its_output_gets_its_answers() throws Exception {
        StickyProxy proxy = proxy(config().withHealth(PATIENT));
        for (int round = 0; round < 20; round++) {
            for (String request : List.of(PLAIN, POST, CHUNKED_POST, PLAIN + POST, POST + PLAIN)) {
                try (RawClient client = new RawClient(proxy.port())) {
                    client.send(request);
                    client.socket.shutdownOutput();

                    String answer = client.rest();
                    assertThat(answer).as(request).contains("HTTP/1.1 200 OK").containsPattern("plain (hello)?$");
                    assertThat(answer.split("HTTP/1.1 200", -1).length)
                            .as(answer)
                            .isEqualTo(request.split(" HTTP/1.1\r", -1).length);
                }
            }
        }
        await(() -> open(proxy) == 0);
    }

    @Test
    void a_client_that_shuts_down_its_output_gets_a_slow_answer() throws Exception {
        CountDownLatch answered = new CountDownLatch(1);
        TestNode.Answer usual = node.answer;
        node.answer = (request, socket) -> {
            answered.await();
            usual.to(request, socket);
        };
        StickyProxy proxy = proxy(config().withHealth(PATIENT));
        RawClient client = client(proxy).send(POST);
        client.socket.shutdownOutput();
        await(() -> node.requests.size() == 1);
        // The proxy's own answer follows after the end of the input was read.
        try (RawClient other = new RawClient(proxy.port())) {
            assertThat(other.get("/_health", "").head().status()).isEqualTo("HTTP/1.1 200 OK");
        }
        answered.countDown();

        assertThat(client.rest()).endsWith("plain hello");
    }

    @Test
    void a_client_that_shuts_down_its_output_ends_its_stream() throws Exception {
        StickyProxy proxy = proxy(config().withHealth(PATIENT));
        RawClient client = client(proxy).send(STREAM);
        client.head();
        client.socket.shutdownOutput();

        await(() -> open(proxy) == 0 && streamsLeft.get() == 1);
        assertThat(client.rest()).doesNotContain("\r\n0\r\n");
    }

    @Test
    void a_websocket_receives_bytes_sent_with_the_request_wherever_they_are_split() throws Exception {
        node.answer = (request, socket) -> {
            TestNode.write(
                    socket,
                    String.join(
                            "\r\n",
                            "HTTP/1.1 101 Switching Protocols",
                            "Upgrade: websocket",
                            "Connection: Upgrade",
                            "",
                            ""));
            byte[] early = socket.getInputStream().readNBytes(5);
            TestNode.write(socket, "got " + new String(early, StandardCharsets.US_ASCII));
            socket.shutdownOutput();
            TestNode.awaitEnd(socket);
        };
        StickyProxy proxy = proxy(config().withHealth(PATIENT));
        String bytes = "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nearly";
        for (int split = 1; split <= bytes.length(); split++) {
            try (RawClient client = new RawClient(proxy.port())) {
                client.socket.setTcpNoDelay(true);
                client.send(bytes.substring(0, split)).send(bytes.substring(split));
                assertThat(client.head().status()).startsWith("HTTP/1.1 101");
                assertThat(new String(client.socket.getInputStream().readNBytes(9), StandardCharsets.US_ASCII))
                        .as("split at %d", split)
                        .isEqualTo("got early");
            }
        }
        await(() -> open(proxy) == 0);
    }

    private static void assertStream(RawClient client) throws IOException {
        RawClient.Head head = client.head();
        assertThat(head.header("Content-Type")).containsExactly("text/event-stream");
        assertThat(head.header("Transfer-Encoding")).containsExactly("chunked");
        assertThat(Integer.parseInt(client.line(), 16)).isEqualTo(9);
        assertThat(client.line()).isEqualTo("data: 1");
    }
}
