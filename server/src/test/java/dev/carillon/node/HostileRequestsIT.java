package dev.carillon.node;

import static dev.carillon.node.TestCluster.broadcast;
import static dev.carillon.node.TestCluster.post;
import static dev.carillon.node.TestCluster.send;
import static dev.carillon.node.TestCluster.token;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carillon.jwt.RefusalLog;
import dev.carillon.testkit.Patience;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

/** Invalid requests: each is answered clearly, the log stays empty, and the node continues. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileRequestsIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private TestCluster cluster;
    private Node node;
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    /** Libraries that know no SLF4J log here. */
    private final List<LogRecord> platformLog = new CopyOnWriteArrayList<>();

    private final Handler platformHandler = new Handler() {
        @Override
        public void publish(LogRecord line) {
            platformLog.add(line);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeAll
    void start() {
        cluster = new TestCluster(
                "memory://hostile", 1, Map.of("anonymous", "false", "cors-origins", "https://app.example"));
        node = cluster.node(0);
    }

    @AfterAll
    void stop() {
        cluster.close();
    }

    @BeforeEach
    void watchLog() {
        log.start();
        Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.addAppender(log);
        platformLog.clear();
        java.util.logging.Logger.getLogger("").addHandler(platformHandler);
    }

    @AfterEach
    void logIsQuiet() {
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).detachAppender(log);
        log.stop();
        java.util.logging.Logger.getLogger("").removeHandler(platformHandler);
        assertThat(platformLog).isEmpty();
        // But for why a token was refused, which the operator is to see.
        assertThat(log.list.stream()
                        .filter(e -> e.getLevel().isGreaterOrEqual(Level.WARN))
                        .filter(e -> !e.getLoggerName().equals(RefusalLog.class.getName())))
                .isEmpty();
    }

    private static void assertProblem(HttpResponse<String> response, int status, String code) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        assertThat(response.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
        JsonNode problem;
        try {
            problem = JSON.readTree(response.body());
        } catch (IOException e) {
            throw new AssertionError(response.body(), e);
        }
        assertThat(problem.path("code").asText()).isEqualTo(code);
        assertThat(problem.path("status").asInt()).isEqualTo(status);
        assertThat(problem.path("detail").asText()).isNotBlank().doesNotContain("Exception");
    }

    private HttpResponse<String> events(String query, String token) {
        return send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + "/events" + query))
                .timeout(Patience.LIMIT)
                .header("Authorization", "Bearer " + token)
                .build());
    }

    @Test
    void tokens_that_do_not_count_are_401() {
        String none = Base64.getUrlEncoder()
                        .withoutPadding()
                        .encodeToString("{\"alg\":\"none\"}".getBytes(StandardCharsets.UTF_8))
                + "."
                + Base64.getUrlEncoder()
                        .withoutPadding()
                        .encodeToString("{\"sub\":\"a\"}".getBytes(StandardCharsets.UTF_8))
                + ".";
        String expired = token(
                List.of("*"),
                List.of(),
                b -> b.expiration(Date.from(Instant.now().minusSeconds(120))));
        String body = "{\"scope\":\"global\",\"data\":\"x\"}";

        assertProblem(post(node, none, body), 401, "token-invalid");
        assertProblem(post(node, "rubbish", body), 401, "token-invalid");
        assertProblem(post(node, expired, body), 401, "token-expired");
        assertProblem(events("", none), 401, "token-invalid");
        assertProblem(events("", expired), 401, "token-expired");
        HttpResponse<String> missing = TestCluster.get(node.port(), "/events?route=/board");
        assertProblem(missing, 401, "token-missing");
        assertThat(missing.headers().firstValue("WWW-Authenticate")).hasValue("Bearer realm=\"carillon\"");
    }

    @Test
    void scope_without_a_grant_is_403() {
        String few = token(List.of("topic:mine/*"), List.of(), b -> b);

        assertThat(post(node, few, "{\"scope\":\"topic:mine/1\",\"data\":\"x\"}")
                        .statusCode())
                .isEqualTo(200);
        assertProblem(post(node, few, "{\"scope\":\"global\",\"data\":\"x\"}"), 403, "not-granted");
        assertProblem(post(node, few, "{\"scopes\":[\"topic:mine/1\",\"topic:x\"]}"), 403, "not-granted");
        String everything = token(List.of("*"), List.of(), b -> b);
        assertProblem(post(node, everything, "{\"scope\":\"system\",\"data\":\"x\"}"), 403, "not-granted");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{                                       | 400 | invalid-request",
                "[]                                      | 400 | invalid-request",
                "{}                                      | 400 | invalid-request",
                "{\"scope\":\"global\"}{}                | 400 | invalid-request",
                "{\"scope\":\"global\",\"scope\":\"x\"}  | 400 | invalid-request",
                "{\"scope\":\"global\",\"privat\":true}  | 400 | invalid-request",
                "{\"scope\":\"global\",\"private\":1}    | 400 | invalid-request",
                "{\"scope\":\"global\",\"tags\":[]}      | 400 | invalid-request",
                "{\"scope\":\"global\",\"scopes\":[]}    | 400 | invalid-request",
                "{\"scopes\":[]}                         | 400 | invalid-request",
                "{\"scopes\":[1]}                        | 400 | invalid-request",
                "{\"scope\":\"galaxy\"}                  | 400 | invalid-scope",
                "{\"scope\":\"route:board\"}             | 400 | invalid-scope",
                "{\"scope\":\"global\",\"id\":\"a\\nb\"} | 400 | invalid-event",
                "{\"scope\":\"global\",\"data\":\"\\ud800\"} | 400 | invalid-event",
                "{\"scope\":\"global\",\"retry\":-1}     | 400 | invalid-event",
                "{\"scope\":\"global\",\"id\":\"a \"}   | 400 | invalid-event",
                "{\"scope\":\"global\",\"id\":\"earliest\"} | 400 | invalid-event",
                "{\"scope\":\"global\",\"id\":\"#1\"}   | 400 | invalid-event",
                "{\"scope\":\"global\",\"type\":\"carillon.retry\"} | 400 | invalid-event",
                "{\"scope\":\"topic:/.well-known/mercure/subscriptions/a/b\"} | 400 | invalid-event",
                "{\"scopes\":[\"system\",\"global\"]}    | 400 | invalid-event",
            })
    void bad_bodies_are_named(String body, int status, String code) {
        assertProblem(post(node, token(), body), status, code);
    }

    @Test
    void request_for_a_stream_with_a_body_is_400() {
        for (String path : List.of("/events", "/ws")) {
            HttpResponse<String> response =
                    send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + path))
                            .header("Authorization", "Bearer " + token())
                            .method("GET", HttpRequest.BodyPublishers.ofString("x".repeat(100_000)))
                            .build());
            assertProblem(response, 400, "invalid-request");
        }
    }

    @Test
    void cookies_of_others_are_not_looked_at_and_ours_that_cannot_be_read_are_none() {
        String others = "name=\u00c3\u00a9; c=\u00dd; \"; =; " + "a=b; ".repeat(300);
        String token = token();
        for (String path : List.of("/events", "/history?scope=global")) {
            assertThat(status(path, others + "carillon_authorization=" + token)).isEqualTo("HTTP/1.1 200 OK");
            assertThat(status(path, others + "carillon_authorization=\"" + token + "\"; carillon_authorization=x"))
                    .isEqualTo("HTTP/1.1 200 OK");
            assertThat(status(path, "carillon_authorization=x; carillon_authorization=" + token))
                    .isEqualTo("HTTP/1.1 401 Unauthorized");
        }
        for (String path : List.of("/events", "/history?scope=global", "/.well-known/mercure?topic=a")) {
            for (String cookies : List.of(others, "carillon_authorization=\u00dd", "mercureAuthorization=\u00dd")) {
                assertThat(status(path, cookies)).as(path).isEqualTo("HTTP/1.1 401 Unauthorized");
            }
        }
    }

    private String status(String path, String cookies) {
        try (SseClient client = SseClient.open(node.port(), path, Map.of("Cookie", cookies))) {
            return client.status();
        }
    }

    @Test
    void request_that_is_too_large_is_413() {
        assertProblem(
                post(node, token(), "{\"scope\":\"global\",\"data\":\"" + "x".repeat(256 * 1024 + 1) + "\"}"),
                413,
                "too-large");
        assertProblem(
                post(node, token(), "{\"scope\":\"global\",\"data\":\"" + "x".repeat(2 * 1024 * 1024) + "\"}"),
                413,
                "too-large");
        HttpResponse<String> chunked =
                send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + "/broadcast"))
                        .header("Authorization", "Bearer " + token())
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofInputStream(
                                () -> new java.io.ByteArrayInputStream(new byte[2 * 1024 * 1024])))
                        .build());
        assertProblem(chunked, 413, "too-large");
        broadcast(node, "{\"scope\":\"global\",\"data\":\"" + "x".repeat(256 * 1024) + "\"}");
    }

    @Test
    void unsupported_methods_paths_and_media_types_are_named() {
        assertProblem(TestCluster.get(node.port(), "/nothing"), 404, "not-found");
        assertProblem(TestCluster.get(node.port(), "/broadcast"), 405, "method-not-allowed");
        HttpResponse<String> form =
                send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + "/broadcast"))
                        .header("Authorization", "Bearer " + token())
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString("scope=global"))
                        .build());
        assertProblem(form, 415, "unsupported-media-type");
    }

    @Test
    void bad_parameters_of_a_stream_are_named() {
        assertProblem(events("?route=board", token()), 400, "invalid-scope");
        assertProblem(events("?route=/a&route=/b", token()), 400, "invalid-request");
        assertProblem(events("?topic=", token()), 400, "invalid-scope");
        assertProblem(events("?topic=%0a", token()), 400, "invalid-scope");
        StringBuilder many = new StringBuilder("?topic=0");
        for (int i = 1; i <= 1_000; i++) {
            many.append("&topic=").append(i);
        }
        assertProblem(events(many.toString(), token()), 400, "invalid-request");
    }

    @Test
    void cookie_token_broadcasts_only_for_pages_of_known_origins() {
        String body = "{\"scope\":\"global\",\"data\":\"x\"}";
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + node.port() + "/broadcast"))
                .header("Cookie", "carillon_authorization=" + token())
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));

        assertProblem(send(request.copy().build()), 403, "origin-refused");
        assertProblem(
                send(request.copy().header("Origin", "https://evil.example").build()), 403, "origin-refused");
        assertThat(send(request.copy().header("Origin", "https://app.example").build())
                        .statusCode())
                .isEqualTo(200);
        assertThat(send(request.copy()
                                .header("Referer", "http://127.0.0.1:" + node.port() + "/page?x")
                                .build())
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void other_sites_are_let_in_by_name_only() {
        HttpResponse<String> preflight =
                send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + "/broadcast"))
                        .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
                        .header("Origin", "https://app.example")
                        .header("Access-Control-Request-Method", "POST")
                        .build());
        assertThat(preflight.statusCode()).isEqualTo(204);
        assertThat(preflight.headers().firstValue("Access-Control-Allow-Origin"))
                .hasValue("https://app.example");
        assertThat(preflight.headers().firstValue("Access-Control-Allow-Headers"))
                .hasValueSatisfying(v -> assertThat(v).contains("last-event-id"));
        HttpResponse<String> evil =
                send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + "/events"))
                        .header("Origin", "https://evil.example")
                        .build());
        assertThat(evil.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
        SseClient client = SseClient.open(
                node.port(), "/events?authorization=" + token(), Map.of("Origin", "https://app.example"));
        assertThat(client.header("Access-Control-Allow-Origin")).isEqualTo("https://app.example");
        client.close();
    }

    @Test
    void header_block_of_100_kib_is_cut_off_and_the_node_continues() throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), node.port())) {
            socket.setSoTimeout(Patience.LIMIT_MILLIS);
            String head = "GET /events HTTP/1.1\r\nHost: x\r\nX-Long: " + "x".repeat(100 * 1024) + "\r\n\r\n";
            String answer = "";
            try {
                socket.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
                answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            } catch (IOException e) {
                // A reset: the node did not read what it would not take.
            }
            assertThat(answer)
                    .satisfiesAnyOf(
                            a -> assertThat(a).isEmpty(), a -> assertThat(a).startsWith("HTTP/1.1 4"));
        }
        broadcast(node, "{\"scope\":\"global\",\"data\":\"still here\"}");
    }

    @Test
    void stream_ends_when_its_token_does() {
        String brief = token(
                List.of(), List.of(), b -> b.expiration(Date.from(Instant.now().plusSeconds(4))));
        try (SseClient client = SseClient.open(node.port(), "/events", Map.of("Authorization", "Bearer " + brief))
                .opened()) {
            await().until(client::hasEnded);
        }
    }

    @Test
    void token_is_taken_from_header_parameter_or_cookie() {
        for (SseClient client : List.of(
                SseClient.open(node.port(), "/events", Map.of("Authorization", "Bearer " + token())),
                SseClient.open(node.port(), "/events?authorization=" + token()),
                SseClient.open(node.port(), "/events", Map.of("Cookie", "carillon_authorization=" + token())))) {
            assertThat(client.opened().status()).contains("200");
            client.close();
        }
    }
}
