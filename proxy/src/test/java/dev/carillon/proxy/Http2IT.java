package dev.carillon.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.testkit.Patience;
import dev.carillon.testkit.TestCertificate;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Forwarding over HTTP/2, with TLS and as h2c. */
class Http2IT extends ProxyFixture {
    private static final int EVENTS = 100;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    private HttpClient http = HttpClient.newHttpClient();
    private String base = "";

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC", "none"})
    void each_event_arrives_before_the_next_is_sent(String key) throws Exception {
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
        start(config(), key);

        HttpResponse<InputStream> response = stream("/events");
        assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_2);
        assertThat(response.headers().firstValue("set-cookie").orElse(""))
                .matches(cookie -> cookie.endsWith("; Secure") == !key.equals("none"));
        BufferedReader reader = reader(response);
        for (int i = 0; i < EVENTS; i++) {
            seen.add(reader.readLine());
            assertThat(reader.readLine()).isEmpty();
        }
        assertThat(reader.readLine()).isNull();
        assertThat(node.requests.getFirst().header("X-Forwarded-Proto"))
                .containsExactly(key.equals("none") ? "http" : "https");
        assertThat(node.requests.getFirst().headers()).noneMatch(line -> line.startsWith(":"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"EC", "none"})
    void a_client_that_disconnects_closes_its_connection_to_the_node_and_no_other(String key) throws Exception {
        TestNode node = node();
        AtomicLong ended = new AtomicLong();
        node.answer = (request, socket) -> {
            TestNode.openChunkedStream(socket);
            TestNode.awaitEnd(socket);
            ended.incrementAndGet();
        };
        StickyProxy proxy = start(config(), key);
        warm();
        HttpResponse<InputStream> leaves = stream("/1");
        HttpResponse<InputStream> stays = stream("/2");

        leaves.body().close();
        await(() -> ended.get() == 1 && open(proxy) == 1);
        http.shutdownNow();
        await(() -> ended.get() == 2 && open(proxy) == 0);
        assertThat(stays.version()).isEqualTo(HttpClient.Version.HTTP_2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"EC", "none"})
    void an_interrupted_answer_resets_its_stream_and_the_others_continue(String key) throws Exception {
        TestNode dies = node();
        BlockingQueue<String> say = new ArrayBlockingQueue<>(1);
        dies.answer = (request, socket) -> {
            TestNode.openChunkedStream(socket);
            TestNode.chunk(socket, "data: one\n\n");
            if (request.target().equals("/cut")) {
                say.take();
                socket.close();
            } else {
                TestNode.chunk(socket, "data: " + say.take() + "\n\n");
                TestNode.write(socket, "0\r\n\r\n");
            }
        };
        StickyProxy proxy = start(config(), key);
        warm();
        HttpResponse<InputStream> cut = stream("/cut");
        BufferedReader reader = reader(cut);
        assertThat(reader.readLine()).isEqualTo("data: one");
        assertThat(reader.readLine()).isEmpty();
        say.put("cut");
        assertThatThrownBy(reader::readLine).isInstanceOf(IOException.class);

        BufferedReader other = reader(stream("/whole"));
        assertThat(other.readLine()).isEqualTo("data: one");
        say.put("two");
        assertThat(other.lines().toList()).contains("data: two");
        await(() -> open(proxy) == 0);
    }

    @Test
    void a_hung_node_resets_its_streams() throws Exception {
        TestNode node = node();
        node.answer = (request, socket) -> {
            TestNode.openStream(socket);
            TestNode.awaitEnd(socket);
        };
        StickyProxy proxy = start(config().withHealth(BRIEF), "EC");
        BufferedReader reader = reader(stream("/"));
        node.hang();
        assertThatThrownBy(reader::readLine).isInstanceOf(IOException.class);
        await(() -> open(proxy) == 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"EC", "none"})
    void bodies_are_relayed_in_both_directions_on_one_connection(String key) throws Exception {
        TestNode node = node();
        node.answer = (request, socket) -> TestNode.send(socket, 200, "text/plain", request.body());
        start(config(), key);
        warm();
        String large = "0123456789abcdef".repeat(100_000);
        for (String body : List.of("", "small", large)) {
            assertThat(post(body).body()).isEqualTo(body);
        }
        HttpResponse<String> streamed = http.send(
                HttpRequest.newBuilder(URI.create(base + "/"))
                        .POST(HttpRequest.BodyPublishers.ofInputStream(() ->
                                new java.io.ByteArrayInputStream("of unknown length".getBytes(StandardCharsets.UTF_8))))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(streamed.body()).isEqualTo("of unknown length");
        assertThat(streamed.version()).isEqualTo(HttpClient.Version.HTTP_2);
    }

    @Test
    void refusals_are_the_same_as_over_http_1() throws Exception {
        node().die();
        start(config(), "EC");

        assertThat(new String(stream("/").body().readAllBytes(), StandardCharsets.UTF_8))
                .matches("retry: \\d{4}\n\n");
        HttpResponse<String> plain = post("x");
        assertThat(plain.statusCode()).isEqualTo(503);
        assertThat(plain.body()).contains("no-node");
    }

    @Test
    void a_client_that_does_not_read_stops_the_node() throws Exception {
        TestNode node = node();
        AtomicLong written = new AtomicLong();
        node.answer = (request, socket) -> {
            TestNode.openStream(socket);
            byte[] block = new byte[64 * 1024];
            while (written.get() < (256L << 20)) {
                socket.getOutputStream().write(block);
                written.addAndGet(block.length);
            }
        };
        StickyProxy proxy = start(
                config().withLimits(new ProxyConfig.Limits(
                        CONNECT_LIMIT, Patience.LIMIT, Duration.ofSeconds(2), 100, 1_000)),
                "EC");
        HttpResponse<InputStream> slow = stream("/");
        AtomicLong before = new AtomicLong(-1);
        org.awaitility.Awaitility.await()
                .pollInterval(Duration.ofMillis(500))
                .until(() -> before.getAndSet(written.get()) == written.get() && written.get() > 0);

        assertThat(written.get()).isBetween(1L, 64L << 20);
        assertThat(open(proxy)).isEqualTo(1);
        slow.body().close();
        await(() -> open(proxy) == 0);
    }

    @Test
    @Tag("own-jvm")
    void ended_streams_leave_no_state() throws Exception {
        TestNode node = node();
        node.answer = (request, socket) -> {
            TestNode.openStream(socket);
            TestNode.awaitEnd(socket);
        };
        StickyProxy proxy = start(config(), "EC");
        stream("/").body().close();
        await(() -> open(proxy) == 0);
        long before = descriptors();
        List<HttpResponse<InputStream>> streams = new ArrayList<>();
        for (int i = 0; i < 90; i++) {
            streams.add(stream("/"));
        }
        assertThat(open(proxy)).isEqualTo(90);
        for (HttpResponse<InputStream> stream : streams) {
            stream.body().close();
        }
        await(() -> open(proxy) == 0 && descriptors() <= before + 10);
    }

    @Test
    void a_silent_stream_outlives_the_idle_timeout() throws Exception {
        TestNode node = node();
        BlockingQueue<String> say = new ArrayBlockingQueue<>(1);
        node.answer = (request, socket) -> {
            TestNode.openStream(socket);
            TestNode.write(socket, "data: " + say.take() + "\n\n");
            socket.close();
        };
        start(
                config().withLimits(new ProxyConfig.Limits(
                        CONNECT_LIMIT, Patience.LIMIT, Duration.ofSeconds(1), 100, 1_000)),
                "EC");
        BufferedReader reader = reader(stream("/"));
        long began = System.nanoTime();
        await(() -> System.nanoTime() - began > TimeUnit.MILLISECONDS.toNanos(3_000));
        say.put("later");

        assertThat(reader.readLine()).isEqualTo("data: later");
    }

    private StickyProxy start(ProxyConfig config, String key) throws Exception {
        if (key.equals("none")) {
            StickyProxy proxy = proxy(config);
            base = "http://127.0.0.1:" + proxy.port();
            http = own(
                    HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build());
            return proxy;
        }
        TestCertificate tls = TestCertificate.make(dir, "proxy", key);
        StickyProxy proxy = proxy(config.withTls(new ProxyConfig.TlsFiles(tls.certificate(), tls.key())));
        base = "https://127.0.0.1:" + proxy.port();
        http = own(HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_2)
                .sslContext(tls.client())
                .build());
        return proxy;
    }

    /** Upgrades the connection: the first request over h2c differs from the following ones. */
    private void warm() throws Exception {
        assertThat(http.send(
                                HttpRequest.newBuilder(URI.create(base + "/_health"))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString())
                        .version())
                .isEqualTo(HttpClient.Version.HTTP_2);
    }

    private HttpResponse<InputStream> stream(String target) throws Exception {
        return http.send(
                HttpRequest.newBuilder(URI.create(base + target))
                        .header("Accept", "text/event-stream")
                        .timeout(Patience.LIMIT)
                        .build(),
                HttpResponse.BodyHandlers.ofInputStream());
    }

    private HttpResponse<String> post(String body) throws Exception {
        return http.send(
                HttpRequest.newBuilder(URI.create(base + "/"))
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .timeout(Patience.LIMIT)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static BufferedReader reader(HttpResponse<InputStream> response) {
        return new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
    }
}
