package dev.carillon.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.proxy.files.Site;
import dev.carillon.testkit.Patience;
import dev.carillon.testkit.SseClient;
import dev.carillon.testkit.TestCertificate;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLHandshakeException;

/** Cases about event streams and WebSockets. */
final class StreamCases {
    private static final boolean FULL = Boolean.getBoolean("carillon.full");
    private static final int EVENTS = 50;

    private StreamCases() {}

    /** Sends an event whenever one is put, and ends the stream at an empty one. */
    private static BlockingQueue<String> sends(TestNode node) {
        BlockingQueue<String> events = new LinkedBlockingQueue<>();
        node.answer = (request, socket) -> {
            TestNode.openChunkedStream(socket);
            for (String event = events.take(); !event.isEmpty(); event = events.take()) {
                TestNode.chunk(socket, "data: " + event + "\n\n");
            }
            TestNode.write(socket, "0\r\n\r\n");
        };
        return events;
    }

    static void unbuffered(ProxyContract contract) throws Exception {
        TestNode node = contract.node();
        BlockingQueue<String> events = sends(node);
        RunningProxy proxy = contract.run(ProxyContract.site(node));

        Duration directly = fastest(contract, node.port(), events);
        Duration proxied = fastest(contract, proxy.port(), events);
        // However busy the machine is: a proxy that waits for more bytes delays each event.
        assertThat(proxied).isLessThan(directly.plusMillis(1).multipliedBy(15));
    }

    /** The shortest time from the node to the client, of many events, each sent after the one before has arrived. */
    private static Duration fastest(ProxyContract contract, int port, BlockingQueue<String> events) throws Exception {
        SseClient stream = contract.own(SseClient.open(port, "/events", Map.of("Accept", "text/event-stream")));
        long fastest = Long.MAX_VALUE;
        for (int i = 0; i < EVENTS; i++) {
            String event = "event " + i;
            long began = System.nanoTime();
            events.put(event);
            contract.awaitOften(() -> stream.data().contains(event));
            fastest = Math.min(fastest, System.nanoTime() - began);
        }
        events.put("");
        contract.await(stream::hasEnded);
        assertThat(stream.wasCutOff()).isFalse();
        assertThat(stream.data()).hasSize(EVENTS);
        return Duration.ofNanos(fastest);
    }

    static void headFirst(ProxyContract contract) throws Exception {
        TestNode node = contract.node();
        BlockingQueue<String> events = sends(node);
        RunningProxy proxy = contract.run(ProxyContract.site(node));

        SseClient stream = contract.stream(proxy, "");
        assertThat(stream.status()).startsWith("HTTP/1.1 200");
        events.put("late");
        contract.await(() -> stream.data().contains("late"));
    }

    /** In full with the default times. */
    static void quiet(ProxyContract contract) throws Exception {
        Duration heartbeat = FULL ? Duration.ofSeconds(15) : Duration.ofMillis(100);
        int heartbeats = FULL ? 5 : 60;
        Duration timeout = FULL ? Duration.ofSeconds(60) : Duration.ofSeconds(4);
        TestNode node = contract.node();
        node.answer = (request, socket) -> {
            TestNode.openChunkedStream(socket);
            for (int i = 0; i < heartbeats; i++) {
                LockSupport.parkNanos(heartbeat.toNanos());
                TestNode.chunk(socket, ":\n");
            }
            TestNode.chunk(socket, "data: last\n\n");
            TestNode.awaitEnd(socket);
        };
        RunningProxy proxy = contract.run(ProxyContract.site(node)
                .withTiming(new Site.Timing(Duration.ofMillis(100), 2, Duration.ofSeconds(5), timeout)));
        SseClient stream = contract.stream(proxy, "");

        org.awaitility.Awaitility.await()
                .atMost(heartbeat.multipliedBy(heartbeats).plus(Patience.LIMIT))
                .until(() -> stream.hasEnded() || stream.data().contains("last"));
        assertThat(stream.data()).contains("last");
    }

    static void cutOff(ProxyContract contract) throws Exception {
        TestNode node = contract.node();
        BlockingQueue<String> events = sends(node);
        RunningProxy proxy = contract.run(ProxyContract.site(node));
        SseClient stream = contract.stream(proxy, "");
        events.put("first");
        contract.await(() -> stream.data().contains("first"));
        node.die();

        contract.await(stream::hasEnded);
        assertThat(stream.wasCutOff()).isTrue();
    }

    static void leaving(ProxyContract contract) throws Exception {
        TestNode node = contract.node();
        CountDownLatch left = new CountDownLatch(1);
        node.answer = (request, socket) -> {
            TestNode.openChunkedStream(socket);
            TestNode.chunk(socket, "data: first\n\n");
            TestNode.awaitEnd(socket);
            left.countDown();
        };
        RunningProxy proxy = contract.run(ProxyContract.site(node));
        SseClient stream = contract.stream(proxy, "");
        contract.await(() -> stream.data().contains("first"));
        stream.close();

        assertThat(left.await(contract.limit().toMillis(), TimeUnit.MILLISECONDS))
                .isTrue();
    }

    static void coded(ProxyContract contract) throws Exception {
        TestNode node = contract.node();
        // Not gzip: whatever decodes or codes it again fails or changes it.
        node.answer = (request, socket) -> TestNode.write(
                socket,
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!");
        RunningProxy proxy = contract.run(ProxyContract.site(node));

        ProxyContract.Answer asked = contract.get(proxy, "/events", "Accept-Encoding: gzip\r\n");
        assertThat(asked.head().header("Content-Encoding")).containsExactly("gzip");
        assertThat(asked.rest()).contains("not gzip!");
        assertThat(node.requests.getLast().header("Accept-Encoding")).containsExactly("gzip");
        ProxyContract.Answer unasked = contract.get(proxy, "/events", "");
        assertThat(unasked.head().header("Content-Encoding")).containsExactly("gzip");
        assertThat(unasked.rest()).contains("not gzip!");
        assertThat(node.requests.getLast().header("Accept-Encoding")).isIn(List.of(), List.of("identity"));
    }

    static void webSocket(ProxyContract contract) throws Exception {
        TestNode node = contract.node();
        CountDownLatch left = new CountDownLatch(1);
        node.answer = (request, socket) -> {
            assertThat(request.header("Upgrade")).containsExactly("websocket");
            TestNode.write(
                    socket,
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
            echo(socket);
            left.countDown();
        };
        RunningProxy proxy = contract.run(ProxyContract.site(node));
        RawClient client = contract.client(proxy)
                .get(
                        "/ws",
                        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
        assertThat(client.head().status()).startsWith("HTTP/1.1 101");

        for (int i = 0; i < EVENTS; i++) {
            client.send("ping " + i + "\n");
            assertThat(client.line()).isEqualTo("ping " + i);
        }
        client.close();
        assertThat(left.await(contract.limit().toMillis(), TimeUnit.MILLISECONDS))
                .isTrue();
    }

    private static void echo(Socket socket) throws Exception {
        byte[] buffer = new byte[1_024];
        for (int n = socket.getInputStream().read(buffer);
                n > 0;
                n = socket.getInputStream().read(buffer)) {
            socket.getOutputStream().write(buffer, 0, n);
        }
    }

    static void tls(ProxyContract contract) throws Exception {
        TestCertificate made = TestCertificate.make(contract.dir, "proxy", "EC");
        Path certificate = Files.copy(made.certificate(), contract.dir.resolve("site.crt"));
        Path key = Files.copy(made.key(), contract.dir.resolve("site.key"));
        for (HttpClient.Version version : HttpClient.Version.values()) {
            TestNode node = contract.node();
            BlockingQueue<String> events = sends(node);
            RunningProxy proxy = contract.run(
                    ProxyContract.site(node).withSecurity(new Site.Tls(certificate.toString(), key.toString())));
            try (HttpClient http = HttpClient.newBuilder()
                    .version(version)
                    .sslContext(made.client())
                    .connectTimeout(contract.limit())
                    .build()) {
                HttpResponse<InputStream> response = firstResponse(contract, http, proxy.port());
                assertThat(response.version()).isEqualTo(version);
                assertThat(response.headers()
                                .firstValue("set-cookie")
                                .orElse("")
                                .toLowerCase(java.util.Locale.ROOT))
                        .contains("; secure");
                try (BufferedReader reader =
                        new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
                    for (int i = 0; i < EVENTS; i++) {
                        events.put("event " + i);
                        assertThat(reader.readLine()).isEqualTo("data: event " + i);
                        assertThat(reader.readLine()).isEmpty();
                    }
                }
                events.put("");
            }
            assertThat(node.requests.getFirst().header("X-Forwarded-Proto")).containsExactly("https");
        }
    }

    /** Traefik listens before it has read the certificate and the routes. */
    private static HttpResponse<InputStream> firstResponse(ProxyContract contract, HttpClient http, int port) {
        List<HttpResponse<InputStream>> received = new ArrayList<>();
        contract.await(() -> {
            try {
                received.add(http.send(
                        HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + port + "/events"))
                                .header("Accept", "text/event-stream")
                                .timeout(contract.limit())
                                .build(),
                        HttpResponse.BodyHandlers.ofInputStream()));
                return received.getLast().statusCode() == 200;
            } catch (SSLHandshakeException e) {
                return false;
            }
        });
        return received.getLast();
    }
}
