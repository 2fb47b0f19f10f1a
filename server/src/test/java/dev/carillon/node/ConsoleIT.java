package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import dev.carillon.admin.OperatorAudit;
import dev.carillon.testkit.SseClient;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.slf4j.event.KeyValuePair;

/** The console of three nodes, without a browser: who may see and do what, and what its stream says. */
class ConsoleIT {
    private static final int NODES = 3;
    private static final List<String> PRIVATE =
            List.of("/console/stream", "/console/hour", "/console/admin/connections", "/console/admin/drain");

    @SuppressWarnings("NullAway.Init")
    private static TestCluster cluster;

    private final List<AutoCloseable> open = new ArrayList<>();

    @BeforeAll
    static void start() {
        cluster = new TestCluster(
                "memory://console",
                NODES,
                Map.of("tenant-limits", "acme=100/50/1m", "scope-policies", "topic:console-test=10/1m/presence"));
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @AfterEach
    void closeStreams() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    private SseClient opened(SseClient stream) {
        open.add(stream);
        return stream;
    }

    private static List<String> ids() {
        return cluster.nodes().stream().limit(NODES).map(Node::id).toList();
    }

    @Test
    void operator_sees_every_node_from_any_node_each_second() {
        opened(SseClient.open(
                        cluster.node(2).port(),
                        "/events?topic=console-test",
                        Map.of("Authorization", "Bearer " + TestCluster.tokenOf("ann", "acme"))))
                .opened();
        SseClient stream = opened(ConsoleClient.signedIn(cluster.node(0)).stream());

        await().until(() -> ConsoleClient.frames(stream).stream().anyMatch(ConsoleIT::isComplete));

        assertThat(stream.header("Content-Type")).isEqualTo("text/event-stream");
        assertThat(stream.header("Cache-Control")).contains("no-store");
        List<JsonNode> frames = ConsoleClient.frames(stream);
        JsonNode last =
                frames.stream().filter(ConsoleIT::isComplete).findFirst().orElseThrow();
        assertThat(last.path("self").asText()).isEqualTo(cluster.node(0).id());
        assertThat(last.path("nodes").findValuesAsText("node")).containsAll(ids());
        assertThat(last.path("nodes").findValuesAsText("state")).contains("serving");
        assertThat(last.path("nodes").findValue("broker").path("driver").asText())
                .isEqualTo("memory");
        assertThat(last.toString()).contains("topic:console-test", "\"acme\"", "\"connections\":100");
        await().until(() -> ConsoleClient.frames(stream).stream()
                .anyMatch(frame -> frame.path("feed").toString().contains("has started")));
        await().until(() -> ConsoleClient.frames(stream)
                .getLast()
                .toString()
                .contains("{\"tenant\":\"acme\",\"scope\":\"topic:console-test\",\"users\":1}"));
    }

    /** Until the node of the console knows all others. */
    private static void awaitNodes(SseClient stream) {
        await().until(() -> ConsoleClient.frames(stream).stream()
                .anyMatch(frame -> frame.path("nodes").findValuesAsText("node").containsAll(ids())));
    }

    private static boolean isComplete(JsonNode frame) {
        List<JsonNode> samples = frame.path("nodes").findValues("sample");
        return samples.size() >= NODES
                && samples.stream().allMatch(sample -> sample.has("connections"))
                && frame.toString().contains("topic:console-test");
    }

    @Test
    void nobody_without_a_session_sees_or_does_anything() {
        Node node = cluster.node(0);
        List<String> cookies = List.of(
                "",
                "carillon_console=x",
                "carillon_console=AAAAAAAAAAAA.zzzzzz." + "A".repeat(43),
                "carillon_authorization=" + TestCluster.token());
        for (String cookie : cookies) {
            ConsoleClient visitor = ConsoleClient.at(node, cookie);
            PRIVATE.forEach(
                    path -> assertThat(visitor.get(path).statusCode()).as(path).isEqualTo(401));
            assertThat(visitor.act("POST", "/console/admin/drain", "").statusCode())
                    .isEqualTo(401);
            assertThat(visitor.act("DELETE", "/console/admin/connections?user=ann", "")
                            .statusCode())
                    .isEqualTo(401);
        }
        // Not even with the operators' token itself: it belongs to requests of the API.
        for (String token : List.of(TestCluster.token(), TestCluster.OPERATOR)) {
            SseClient stream = opened(
                    SseClient.open(node.adminPort(), "/console/stream", Map.of("Authorization", "Bearer " + token)));
            await().until(() -> stream.status().startsWith("HTTP/1.1 401"));
        }
        assertThat(TestCluster.get(node.adminPort(), "/console/session").body()).contains("\"signedIn\":false");
    }

    @Test
    void tenant_and_other_tokens_cannot_sign_in() {
        for (String token :
                List.of(TestCluster.token(), TestCluster.tokenOf("ann", "acme"), TestCluster.OPERATOR + "x", "")) {
            HttpResponse<String> answer = ConsoleClient.login(cluster.node(0), token);

            assertThat(answer.statusCode()).isBetween(400, 401);
            assertThat(answer.headers().firstValue("Set-Cookie")).isEmpty();
        }
    }

    @Test
    void session_is_a_cookie_for_the_console_alone_and_is_valid_at_every_node() {
        HttpResponse<String> answer = ConsoleClient.login(cluster.node(0), TestCluster.OPERATOR);

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Set-Cookie").orElseThrow())
                .contains("; Path=/console;", "HttpOnly", "SameSite=Strict", "Max-Age=28800")
                .doesNotContain(TestCluster.OPERATOR);
        assertThat(answer.body()).doesNotContain(TestCluster.OPERATOR);
        ConsoleClient elsewhere = ConsoleClient.at(cluster.node(1), ConsoleClient.cookie(answer));
        assertThat(elsewhere.get("/console/session").body()).contains("\"signedIn\":true");
        assertThat(elsewhere.get("/console/hour").body()).contains("\"p99\"");
        // The cookie opens nothing else of the admin port.
        assertThat(elsewhere.act("POST", "/admin/drain", "").statusCode()).isEqualTo(401);

        assertThat(elsewhere.act("POST", "/console/logout", "").headers().firstValue("Set-Cookie"))
                .hasValueSatisfying(cookie -> assertThat(cookie).contains("Max-Age=0"));
    }

    @Test
    void pages_of_other_sites_can_request_nothing() {
        ConsoleClient operator = ConsoleClient.signedIn(cluster.node(0));
        for (String origin : List.of("", "null", "http://evil.example", "http://127.0.0.1:1")) {
            assertThat(operator.act("DELETE", "/console/admin/connections?user=nobody", "", origin)
                            .statusCode())
                    .as(origin)
                    .isEqualTo(403);
            assertThat(operator.act("POST", "/console/login", "{\"token\":\"" + TestCluster.OPERATOR + "\"}", origin)
                            .statusCode())
                    .isEqualTo(403);
            assertThat(operator.act("POST", "/console/logout", "", origin).statusCode())
                    .isEqualTo(403);
        }
    }

    @Test
    void port_for_clients_has_nothing_of_the_console() {
        int port = cluster.node(0).port();
        for (String path : List.of(
                "/console",
                "/console/console.js",
                "/console/session",
                "/console/stream",
                "/console/hour",
                "/console/why.js",
                "/console/admin/why",
                "/console/admin/connections")) {
            assertThat(TestCluster.get(port, path).statusCode()).as(path).isEqualTo(404);
        }
    }

    @Test
    void page_has_no_data_and_may_load_nothing_of_other_sites() {
        HttpResponse<String> page = TestCluster.get(cluster.node(0).adminPort(), "/console");

        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
                .contains("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'")
                .doesNotContain("unsafe");
        assertThat(page.body()).doesNotContain(cluster.node(0).id(), " style=", "<style", " onclick", "http://");
    }

    @Test
    void actions_reach_the_cluster_are_recorded_and_appear_in_the_feed_of_every_console() {
        SseClient client = opened(SseClient.open(cluster.node(1).port(), "/events?route=/console-actions", Map.of()))
                .opened();
        ConsoleClient operator = ConsoleClient.signedIn(cluster.node(0));
        awaitNodes(opened(operator.stream()));
        SseClient other = opened(ConsoleClient.signedIn(cluster.node(2)).stream());
        try (AuditLines log = new AuditLines()) {
            assertThat(operator.act(
                                    "POST",
                                    "/console/admin/broadcast?tenant=default",
                                    "{\"scope\":\"route:/console-actions\",\"data\":\"test\"}")
                            .statusCode())
                    .isEqualTo(200);
            client.awaitData("test");
            String level = "/console/admin/log-level?level=info&node="
                    + cluster.node(1).id();
            assertThat(operator.act("POST", level, "").statusCode()).isEqualTo(200);
            assertThat(operator.act("DELETE", "/console/admin/connections?context=" + client.opening("context"), "")
                            .body())
                    .contains("\"closed\":1");

            await().until(client::hasEnded);
            await().until(() -> log.lines().stream()
                    .anyMatch(line -> line.contains("by=\"console ")
                            && line.contains("action=\"DELETE /console/admin/connections\"")
                            && line.contains("status=\"200\"")
                            && line.contains("node=\"" + cluster.node(0).id() + "\"")));
            assertThat(log.lines()).noneMatch(line -> line.contains(TestCluster.OPERATOR));
        }
        await().until(() -> ConsoleClient.frames(other).stream()
                .anyMatch(frame -> frame.path("feed").toString().contains("requested POST /console/admin/broadcast")));
        assertThat(operator.act("POST", "/console/admin/drain?node=nobody", "").statusCode())
                .isEqualTo(404);
    }

    @Test
    void node_that_a_console_of_another_one_drains_stops() throws InterruptedException {
        Node drained = cluster.add("drained");
        ConsoleClient operator = ConsoleClient.signedIn(cluster.node(0));
        SseClient stream = opened(operator.stream());
        await().until(() -> !ConsoleClient.frames(stream).isEmpty()
                && ConsoleClient.frames(stream)
                        .getLast()
                        .path("nodes")
                        .findValuesAsText("node")
                        .contains("drained"));

        assertThat(operator.act("POST", "/console/admin/drain?node=drained", "").statusCode())
                .isEqualTo(202);

        await().until(() -> ConsoleClient.frames(stream).stream()
                .anyMatch(frame -> frame.toString().contains("\"phase\":\"notice\"")));
        drained.close();
        drained.awaitStopped();
        await().until(() -> ConsoleClient.frames(stream).stream()
                .anyMatch(frame -> frame.path("feed").toString().contains("node drained left the cluster")));
    }

    @Test
    void consoles_are_limited_and_all_receive_the_same_frames() {
        ConsoleClient operator = ConsoleClient.signedIn(cluster.node(1));
        List<SseClient> consoles = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            consoles.add(opened(operator.stream()));
        }
        consoles.forEach(console -> await().until(() -> console.data().size() >= 2));

        String shared = consoles.getLast().data().get(1);
        assertThat(consoles)
                .allSatisfy(console -> await().until(() -> console.data().contains(shared)));
        for (int i = 10; i < 32; i++) {
            opened(operator.stream());
        }
        SseClient refused = opened(operator.stream());
        await().until(() -> refused.status().startsWith("HTTP/1.1 503"));
    }

    @Test
    void sign_out_ends_the_streams_of_the_session() {
        ConsoleClient operator = ConsoleClient.signedIn(cluster.node(2));
        SseClient stream = opened(operator.stream());
        await().until(() -> !stream.data().isEmpty());

        assertThat(operator.act("POST", "/console/logout", "").statusCode()).isEqualTo(200);

        await().until(stream::hasEnded);
    }

    @Test
    void node_without_a_token_or_with_the_console_off_has_no_way_in() {
        try (TestCluster without = new TestCluster("memory://no-console", 1, Map.of("console", "off"))) {
            assertThat(TestCluster.get(without.node(0).adminPort(), "/console").statusCode())
                    .isEqualTo(404);
            assertThat(ConsoleClient.login(without.node(0), TestCluster.OPERATOR)
                            .statusCode())
                    .isEqualTo(404);
        }
    }

    /** What the log says of actions, each as {@code name="value"}, although tests log warnings only. */
    private static final class AuditLines implements AutoCloseable {
        private final Logger logger = (Logger) LoggerFactory.getLogger(OperatorAudit.class);
        private final ListAppender<ILoggingEvent> appender = new ListAppender<>();

        AuditLines() {
            appender.start();
            logger.addAppender(appender);
            logger.setLevel(Level.INFO);
        }

        List<String> lines() {
            return List.copyOf(appender.list).stream()
                    .map(line -> line.getKeyValuePairs().stream()
                            .map(KeyValuePair::toString)
                            .collect(Collectors.joining(" ")))
                    .toList();
        }

        @Override
        public void close() {
            logger.setLevel(null);
            logger.detachAppender(appender);
        }
    }
}
