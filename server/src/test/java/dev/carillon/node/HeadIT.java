package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.mercure.DebugPage;
import dev.carillon.mercure.MercureHub;
import dev.carillon.testkit.SseClient;
import dev.carillon.testkit.TestCertificate;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** HEAD where there is GET, and which methods a path has (RFC 9110, sections 9.1, 9.3.2 and 9.3.7). */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HeadIT {
    private static final String SUBSCRIPTIONS = MercureHub.PATH + "/subscriptions";
    private static final List<String> PLAIN = List.of(
            "/_health", "/page", "/page-at-all", "/history?scope=global", "/history", DebugPage.PATH, SUBSCRIPTIONS);
    private static final List<String> ADMIN = List.of("/health/live", "/health/ready", "/metrics", "/nothing");
    private static final List<String> STREAMS = List.of("/events?topic=a", MercureHub.PATH + "?topic=a");

    private final HttpClient http = HttpClient.newHttpClient();
    private final TestCluster cluster = new TestCluster(
            "memory://head", 1, Map.of("mercure-ui", "true", "mercure-subscriptions", "true"), services -> {
                services.file("/page", DebugPage.class, "debug.html");
                return () -> {};
            });
    private final Node node = cluster.node(0);

    @AfterAll
    void stop() {
        http.close();
        cluster.close();
    }

    @Test
    void every_answer_but_a_stream_has_the_same_status_and_headers_and_no_body() throws Exception {
        for (String path : PLAIN) {
            assertSame(node.port(), path);
        }
        for (String path : ADMIN) {
            assertSame(node.adminPort(), path);
        }
    }

    @Test
    void a_stream_answers_with_its_head_alone_and_leaves_nothing() throws Exception {
        for (String path : STREAMS) {
            SseClient stream = SseClient.open(node.port(), path);
            HttpResponse<byte[]> head = request(node.port(), "HEAD", path);
            assertThat(head.statusCode()).isEqualTo(200);
            assertThat(head.headers().firstValue("Content-Type")).hasValue(stream.header("Content-Type"));
            assertThat(head.headers().firstValue("Cache-Control")).hasValue(stream.header("Cache-Control"));
            assertThat(head.body()).isEmpty();
            stream.close();
        }
        await().until(() -> TestCluster.get(node.port(), "/_health")
                .body()
                .contains("\"connections\":{\"contexts\":1,\"open\":0}"));
        for (int i = 0; i < 20; i++) {
            request(node.port(), "HEAD", STREAMS.get(i % 2));
        }
        assertThat(TestCluster.get(node.port(), "/_health").body())
                .contains("\"connections\":{\"contexts\":1,\"open\":0}");
    }

    @Test
    void a_stream_that_get_refuses_is_refused() throws Exception {
        try (TestCluster closed = new TestCluster("memory://head-closed", 1, Map.of("anonymous", "false"))) {
            for (String path : List.of("/events", "/history?scope=global", MercureHub.PATH + "?topic=a")) {
                assertSame(closed.node(0).port(), path);
                assertThat(request(closed.node(0).port(), "HEAD", path).statusCode())
                        .isEqualTo(401);
            }
        }
        assertSame(node.port(), MercureHub.PATH);
        assertSame(node.port(), "/ws");
        assertSame(node.port(), "/events?route=no-path");
    }

    @Test
    void a_websocket_does_not_begin_with_head() throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), node.port())) {
            String request = String.join(
                    "\r\n",
                    "HEAD /ws HTTP/1.1",
                    "Host: h",
                    "Upgrade: websocket",
                    "Connection: Upgrade",
                    "Sec-WebSocket-Version: 13",
                    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
                    "",
                    "");
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readNBytes(13), StandardCharsets.US_ASCII))
                    .isEqualTo("HTTP/1.1 400 ");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/_health              | GET, HEAD, OPTIONS",
                "/events               | GET, HEAD, OPTIONS",
                "/ws                   | GET, HEAD, OPTIONS",
                "/history              | GET, HEAD, OPTIONS",
                "/page                 | GET, HEAD, OPTIONS",
                "/broadcast            | OPTIONS, POST",
                "/.well-known/mercure  | GET, HEAD, OPTIONS, POST",
                "/.well-known/mercure/subscriptions/a/b | GET, HEAD, OPTIONS",
                "/.well-known/mercure/ui/ | GET, HEAD, OPTIONS",
            })
    void another_method_is_refused_with_those_that_there_are_and_options_names_them(String path, String allowed)
            throws Exception {
        HttpResponse<byte[]> refused = request(node.port(), "DELETE", path);
        assertThat(refused.statusCode()).isEqualTo(405);
        assertThat(refused.headers().allValues("Allow")).containsExactly(allowed);
        assertThat(refused.headers().firstValue("Content-Type")).hasValue("application/problem+json");

        HttpResponse<byte[]> options = request(node.port(), "OPTIONS", path);
        assertThat(options.statusCode()).isEqualTo(204);
        assertThat(options.headers().allValues("Allow")).containsExactly(allowed);
    }

    @Test
    void unknown_path_has_no_methods() throws Exception {
        for (String method : List.of("HEAD", "OPTIONS", "DELETE")) {
            assertThat(request(node.port(), method, "/nothing").statusCode()).isEqualTo(404);
        }
        assertThat(request(node.adminPort(), "POST", "/metrics").headers().firstValue("Allow"))
                .hasValue("GET, HEAD, OPTIONS");
    }

    @Test
    void over_tls_and_http_2_it_is_the_same(@TempDir Path dir) throws Exception {
        TestCertificate certificate = TestCertificate.make(dir, "head", "EC");
        try (TestCluster secure = new TestCluster("memory://head-tls", 1, certificate.settings());
                HttpClient client =
                        HttpClient.newBuilder().sslContext(certificate.client()).build()) {
            for (HttpClient.Version version : List.of(HttpClient.Version.HTTP_2, HttpClient.Version.HTTP_1_1)) {
                for (String path : List.of("/events", "/_health", MercureHub.PATH + "?topic=a")) {
                    HttpResponse<byte[]> head = client.send(
                            HttpRequest.newBuilder(URI.create("https://localhost:"
                                            + secure.node(0).port() + path))
                                    .version(version)
                                    .timeout(Duration.ofSeconds(20))
                                    .HEAD()
                                    .build(),
                            HttpResponse.BodyHandlers.ofByteArray());
                    assertThat(head.statusCode()).as(version + path).isEqualTo(200);
                    assertThat(head.version()).isEqualTo(version);
                    assertThat(head.body()).isEmpty();
                }
            }
        }
    }

    private void assertSame(int port, String path) throws Exception {
        HttpResponse<byte[]> get = request(port, "GET", path);
        HttpResponse<byte[]> head = request(port, "HEAD", path);
        assertThat(head.statusCode()).as(path).isEqualTo(get.statusCode());
        assertThat(head.body()).isEmpty();
        assertThat(get.body()).as(path).isNotEmpty();
        assertThat(comparable(head)).as(path).isEqualTo(comparable(get));
    }

    /** Without headers that differ between answers. */
    private static Map<String, List<String>> comparable(HttpResponse<byte[]> answer) {
        Map<String, List<String>> headers = new TreeMap<>(answer.headers().map());
        headers.remove("date");
        // Metrics have another length each time.
        headers.computeIfPresent("content-length", (name, value) -> List.of("some"));
        return headers;
    }

    private HttpResponse<byte[]> request(int port, String method, String path) throws Exception {
        return http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .timeout(Duration.ofSeconds(20))
                        .method(method, HttpRequest.BodyPublishers.noBody())
                        .build(),
                HttpResponse.BodyHandlers.ofByteArray());
    }
}
