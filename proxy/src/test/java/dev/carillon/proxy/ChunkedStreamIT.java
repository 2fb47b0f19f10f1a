package dev.carillon.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

/** Chunked streams of a node: only the last chunk completes them, and no event is delayed. */
class ChunkedStreamIT extends ProxyFixture {
    private static final int EVENTS = 50;
    private static final String CLOSE = "Connection: close\r\n";
    private static final String LAST_CHUNK = "0\r\n\r\n";

    private final BlockingQueue<String> seen = new ArrayBlockingQueue<>(EVENTS);

    @Test
    void each_event_arrives_before_the_next_is_sent_and_the_last_chunk_ends_the_stream() throws Exception {
        TestNode node = node();
        node.answer = (request, socket) -> {
            openStream(socket, "");
            sendWhenSeen(socket);
            TestNode.write(socket, LAST_CHUNK);
        };
        StickyProxy proxy = proxy(config().withHealth(PATIENT));
        for (String headers : List.of("", CLOSE, "Accept-Encoding: gzip\r\n")) {
            RawClient client = client(proxy).get("/events", headers);
            RawClient.Head head = client.head();
            assertThat(head.header("Transfer-Encoding")).containsExactly("chunked");
            // No Connection: close, as some clients then take the end of the connection for a complete stream.
            assertThat(head.header("Connection")).isEqualTo(headers.equals(CLOSE) ? List.of("close") : List.of());
            for (int i = 0; i < EVENTS; i++) {
                String event = "data: " + i;
                assertThat(Integer.parseInt(client.line(), 16)).isEqualTo(event.length() + 2);
                assertThat(client.line()).isEqualTo(event);
                assertThat(client.line()).isEmpty();
                assertThat(client.line()).isEmpty();
                seen.add(event);
            }
            assertThat(client.rest()).isEqualTo(LAST_CHUNK);
        }
        await(() -> open(proxy) == 0);
    }

    @Test
    void a_client_of_http_1_0_gets_the_bytes_without_chunks() throws Exception {
        TestNode node = node();
        node.answer = (request, socket) -> {
            openStream(socket, "");
            TestNode.chunk(socket, "data: 1\n\n");
            TestNode.write(socket, LAST_CHUNK);
        };
        RawClient client = client(proxy(config().withHealth(PATIENT))).send("GET /events HTTP/1.0\r\n\r\n");
        RawClient.Head head = client.head();

        assertThat(head.header("Transfer-Encoding")).isEmpty();
        assertThat(client.rest()).isEqualTo("data: 1\n\n");
    }

    @Test
    void a_node_that_fails_within_a_stream_never_completes_it() throws Exception {
        TestNode node = node();
        StickyProxy proxy = proxy(config().withHealth(PATIENT));
        for (String cutAt : List.of("", "9\r\n", "9\r\ndata: 2", "9\r\ndata: 2\n\n", "0\r\n")) {
            for (String headers : List.of("", CLOSE)) {
                node.answer = (request, socket) -> {
                    openStream(socket, "");
                    TestNode.chunk(socket, "data: 1\n\n");
                    TestNode.write(socket, cutAt);
                    socket.close();
                };
                RawClient client = client(proxy).get("/events", headers);
                assertThat(client.head().header("Transfer-Encoding")).containsExactly("chunked");
                String rest;
                try {
                    rest = client.rest();
                } catch (IOException e) {
                    rest = "reset";
                }
                assertThat(rest).as("cut at '%s', %s", cutAt, headers).doesNotContain("\r\n0\r\n");
            }
        }
        await(() -> open(proxy) == 0);
    }

    @Test
    void streams_of_a_node_that_goes_down_end_incomplete() throws Exception {
        TestNode node = node();
        node.answer = (request, socket) -> {
            openStream(socket, "");
            TestNode.awaitEnd(socket);
        };
        StickyProxy proxy = proxy(config().withHealth(BRIEF));
        RawClient client = client(proxy).stream("/events");
        client.head();
        node.hang();

        assertThat(client.rest()).isEmpty();
    }

    @Test
    void http_2_stream_forwards_each_event_and_completes_only_with_the_last_chunk() throws Exception {
        TestNode node = node();
        node.answer = (request, socket) -> {
            openStream(socket, "");
            sendWhenSeen(socket);
            if (request.target().equals("/ends")) {
                TestNode.write(socket, LAST_CHUNK);
            } else {
                socket.close();
            }
        };
        StickyProxy proxy = proxy(config().withHealth(PATIENT));
        try (HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
            // Upgrades the connection to HTTP/2 before the stream starts.
            assertThat(client.send(request(proxy, "/_health"), HttpResponse.BodyHandlers.ofString())
                            .version())
                    .isEqualTo(HttpClient.Version.HTTP_2);

            InputStream ends = open(client, proxy, "/ends");
            readAll(ends);
            assertThat(ends.read()).isNegative();

            InputStream dies = open(client, proxy, "/dies");
            readAll(dies);
            Assertions.assertThatThrownBy(dies::read).isInstanceOf(IOException.class);
        }
        await(() -> open(proxy) == 0);
    }

    @Test
    void a_compressed_stream_is_forwarded_unchanged() throws Exception {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(compressed, true)) {
            for (int i = 0; i < EVENTS; i++) {
                gzip.write(("data: " + i + "\n\n").getBytes(StandardCharsets.UTF_8));
                gzip.flush();
            }
        }
        byte[] bytes = compressed.toByteArray();
        TestNode node = node();
        node.answer = (request, socket) -> {
            openStream(socket, "Content-Encoding: gzip\r\n");
            for (int at = 0; at < bytes.length; at += 10) {
                int length = Math.min(10, bytes.length - at);
                TestNode.write(socket, Integer.toHexString(length) + "\r\n");
                socket.getOutputStream().write(bytes, at, length);
                TestNode.write(socket, "\r\n");
            }
            TestNode.write(socket, LAST_CHUNK);
        };
        StickyProxy proxy = proxy(config().withHealth(PATIENT));
        for (HttpClient.Version version : HttpClient.Version.values()) {
            if (!version.name().equals("HTTP_3")) {
                try (HttpClient client =
                        HttpClient.newBuilder().version(version).build()) {
                    HttpResponse<byte[]> answer =
                            client.send(request(proxy, "/events"), HttpResponse.BodyHandlers.ofByteArray());
                    assertThat(answer.headers().firstValue("Content-Encoding")).hasValue("gzip");
                    assertThat(answer.body()).as(version.name()).isEqualTo(bytes);
                }
            }
        }
    }

    private void sendWhenSeen(Socket socket) throws Exception {
        for (int i = 0; i < EVENTS; i++) {
            TestNode.chunk(socket, "data: " + i + "\n\n");
            assertThat(seen.poll(20, TimeUnit.SECONDS)).isEqualTo("data: " + i);
        }
    }

    private void readAll(InputStream stream) throws IOException {
        for (int i = 0; i < EVENTS; i++) {
            String event = "data: " + i + "\n\n";
            assertThat(new String(stream.readNBytes(event.length()), StandardCharsets.UTF_8))
                    .isEqualTo(event);
            seen.add(event.strip());
        }
    }

    private static InputStream open(HttpClient client, StickyProxy proxy, String target) throws Exception {
        HttpResponse<InputStream> answer =
                client.send(request(proxy, target), HttpResponse.BodyHandlers.ofInputStream());
        assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
        return answer.body();
    }

    private static HttpRequest request(StickyProxy proxy, String target) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + proxy.port() + target))
                .build();
    }

    /** The head of a node's stream. */
    private static void openStream(Socket socket, String headers) throws IOException {
        TestNode.write(
                socket,
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + headers
                        + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
    }
}
