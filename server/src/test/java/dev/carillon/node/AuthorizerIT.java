package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The setting {@code authorizer}: the application decides about clients, and its decisions reach open connections of every node. */
class AuthorizerIT {
    /** Topics that a client may read, where it is asked. */
    private final Set<String> readable = ConcurrentHashMap.newKeySet();
    /** Tokens that are refused. */
    private final Set<String> refused = ConcurrentHashMap.newKeySet();

    private final TestApplication application = new TestApplication(this::answer);
    private final List<AutoCloseable> open = new CopyOnWriteArrayList<>();

    /** Tokens are {@code USER@TENANT}, with {@code ?} at the end where the application is asked about each scope and event. */
    private String answer(JsonNode question) {
        String token = question.path("token").asText();
        return switch (question.path("question").asText()) {
            case "connect", "recheck" ->
                refused.contains(token) || !token.contains("@")
                        ? "{\"allow\":false,\"reason\":\"unknown ticket\"}"
                        : "{\"allow\":true,\"user\":\"" + token.replaceFirst("@.*", "") + "\",\"tenant\":\""
                                + token.replaceAll(".*@|\\?", "") + "\",\"token_id\":\"id-of-" + token + "\""
                                + (token.endsWith("?")
                                        ? ",\"ask\":[\"read\",\"broadcast\"]}"
                                        : ",\"read\":[\"topic:*\"],\"broadcast\":[\"topic:*\"]}");
            case "read" ->
                "{\"allow\":["
                        + String.join(
                                ",",
                                question.path("scopes")
                                        .valueStream()
                                        .map(JsonNode::asText)
                                        .filter(readable::contains)
                                        .map(scope -> "\"" + scope + "\"")
                                        .toList())
                        + "]}";
            default ->
                question.path("event").path("key").asText().equals("few")
                        ? "{\"allow\":true,\"readers\":[" + readers() + "]}"
                        : "{\"allow\":"
                                + question.path("event").path("key").asText().equals("good") + "}";
        };
    }

    /** Ann, and 4,000 others. */
    private static String readers() {
        return IntStream.range(0, 4_000)
                .mapToObj(i -> "\"u" + i + "\"")
                .collect(Collectors.joining(",", "\"ann\",", ""));
    }

    private TestCluster cluster(int size, String... settings) {
        TestCluster cluster =
                new TestCluster("memory://authorizer-" + System.nanoTime(), size, application.settings(settings));
        open.add(cluster);
        return cluster;
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
        application.close();
    }

    private SseClient stream(Node node, String target, String token) {
        SseClient client = SseClient.open(node.port(), target, Map.of("Authorization", "Bearer " + token));
        open.add(client);
        return client;
    }

    private RawWebSocket socket(Node node, String target, String token) throws IOException {
        RawWebSocket client = new RawWebSocket(node.port(), target, "Authorization: Bearer " + token);
        open.add(client);
        client.awaitType("open");
        return client;
    }

    private static HttpResponse<String> get(Node node, String target, String token) {
        return TestCluster.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + target))
                .header("Authorization", "Bearer " + token)
                .build());
    }

    private static HttpResponse<String> invalidate(Node node, String json) {
        return TestCluster.send(HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + node.adminPort() + "/admin/authorizer/invalidate"))
                .header("Authorization", "Bearer " + TestCluster.OPERATOR)
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build());
    }

    private static int broadcast(Node node, String token, String json) {
        return TestCluster.post(node, token, json).statusCode();
    }

    @Test
    void one_question_about_a_token_serves_all_endpoints_of_a_node() throws Exception {
        Node node = cluster(1).node(0);
        String ann = "ann@acme";
        SseClient stream = stream(node, "/events?topic=a", ann).opened();
        RawWebSocket socket = socket(node, "/ws?topic=a", ann);

        assertThat(broadcast(node, ann, "{\"scope\":\"topic:a\",\"data\":\"x\",\"private\":true}"))
                .isEqualTo(200);

        stream.awaitData("x");
        assertThat(socket.awaitEvent().path("data").asText()).isEqualTo("x");
        assertThat(get(node, "/history?scope=topic:a", ann).body()).contains("\"data\":\"x\"");
        assertThat(get(node, "/position?scope=user:ann", ann).statusCode()).isEqualTo(200);
        assertThat(get(node, "/position?scope=user:bob", ann).statusCode()).isEqualTo(403);
        assertThat(broadcast(node, ann, "{\"scope\":\"route:/a\",\"data\":\"x\"}"))
                .isEqualTo(403);
        assertThat(stream.opening("user")).isEqualTo("ann");
        assertThat(application.questions()).hasSize(1);
        assertThat(application.questions().getFirst().path("version").asInt()).isEqualTo(1);
    }

    @Test
    void requests_at_the_same_time_cost_one_question() {
        Node node = cluster(1).node(0);
        CountDownLatch others = new CountDownLatch(1);
        application.answers(question -> {
            try {
                others.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            return answer(question);
        });
        List<SseClient> streams = new CopyOnWriteArrayList<>();
        for (int i = 0; i < 10; i++) {
            // Each blocks until it has the head of its response.
            Thread.ofVirtual().start(() -> streams.add(stream(node, "/events", "ann@acme")));
        }
        await().until(() -> TestCluster.metric(node, "carillon_requests_open") >= 10);
        others.countDown();
        await().until(() -> streams.size() == 10);
        streams.forEach(SseClient::opened);
        assertThat(application.questions()).hasSize(1);
    }

    @Test
    void a_refusal_is_answered_with_its_reason_and_asked_about_again() {
        Node node = cluster(1).node(0);
        HttpResponse<String> answer = get(node, "/events", "opaque");
        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(answer.body()).contains("\"code\":\"token-invalid\"", "unknown ticket");
        assertThat(get(node, "/history?scope=topic:a", "opaque").statusCode()).isEqualTo(401);
        assertThat(application.count("connect")).isEqualTo(2);
    }

    @Test
    void a_token_in_the_form_of_a_jwt_is_not_sent_to_the_application() {
        Node node = cluster(1).node(0);
        assertThat(broadcast(node, TestCluster.token(), "{\"scope\":\"topic:a\",\"data\":\"x\"}"))
                .isEqualTo(200);
        assertThat(get(node, "/events", TestCluster.token() + "x").statusCode()).isEqualTo(401);
        assertThat(application.questions()).isEmpty();
    }

    @Test
    void the_application_decides_about_each_scope_where_the_grants_leave_it_to_it() throws Exception {
        Node node = cluster(1).node(0);
        String ann = "ann@acme?";
        readable.add("topic:a");
        readable.add("route:/r");

        HttpResponse<String> refusal = get(node, "/events?topic=a&topic=b", ann);
        assertThat(refusal.statusCode()).isEqualTo(403);
        assertThat(refusal.body()).contains("\"code\":\"not-granted\"", "does not grant reading topic:b");
        assertThat(get(node, "/history?scope=topic:b", ann).statusCode()).isEqualTo(403);
        assertThat(get(node, "/position?scope=topic:b", ann).statusCode()).isEqualTo(403);
        assertThat(get(node, "/position?scope=topic:a", ann).statusCode()).isEqualTo(200);
        RawWebSocket socket = socket(node, "/ws?topic=a", ann);
        assertThat(socket.ask("{\"type\":\"subscribe\",\"ref\":1,\"topics\":[\"b\"]}")
                        .path("code")
                        .asText())
                .isEqualTo("not-granted");
        assertThat(socket.ask("{\"type\":\"subscribe\",\"ref\":2,\"route\":\"/r\"}")
                        .path("status")
                        .asText())
                .isEqualTo("ok");
        String bob = "bob@acme";
        assertThat(broadcast(node, bob, "{\"scope\":\"topic:a\",\"data\":\"1\",\"private\":true}"))
                .isEqualTo(200);
        assertThat(socket.awaitEvent().path("data").asText()).isEqualTo("1");
        assertThat(get(node, "/history?scope=topic:a", ann).body()).contains("\"data\":\"1\"");

        assertThat(broadcast(node, ann, "{\"scope\":\"route:/r\",\"key\":\"bad\",\"data\":\"2\"}"))
                .isEqualTo(403);
        assertThat(broadcast(node, ann, "{\"scope\":\"system\",\"key\":\"good\",\"data\":\"2\"}"))
                .isEqualTo(403);
        assertThat(broadcast(node, ann, "{\"scope\":\"route:/r\",\"key\":\"good\",\"data\":\"3\",\"private\":true}"))
                .isEqualTo(200);
        assertThat(socket.awaitEvent().path("data").asText()).isEqualTo("3");
        // Each scope was asked about once, except the refused stream, whose scopes were asked about together.
        assertThat(application.questions().stream()
                        .filter(question -> question.path("question").asText().equals("read"))
                        .flatMap(question -> question.path("scopes").valueStream())
                        .map(JsonNode::asText))
                .containsExactlyInAnyOrder("topic:a", "topic:b", "route:/r");
    }

    @Test
    void the_application_names_the_readers_of_an_event() {
        TestCluster cluster = cluster(2);
        SseClient ann = stream(cluster.node(0), "/events?topic=a", "ann@acme").opened();
        SseClient bob = stream(cluster.node(1), "/events?topic=a", "bob@acme").opened();
        String carl = "carl@acme?";

        assertThat(broadcast(cluster.node(1), carl, "{\"scope\":\"topic:a\",\"key\":\"few\",\"data\":\"1\"}"))
                .isEqualTo(200);
        assertThat(broadcast(
                        cluster.node(1),
                        carl,
                        "{\"scope\":\"topic:a\",\"key\":\"few\",\"readers\":[\"ann\",\"bob\"],\"data\":\"2\"}"))
                .isEqualTo(200);
        assertThat(broadcast(
                        cluster.node(1),
                        carl,
                        "{\"scope\":\"topic:a\",\"key\":\"few\",\"readers\":[\"bob\"],\"data\":\"3\"}"))
                .as("no reader is left")
                .isEqualTo(403);
        broadcast(cluster.node(0), "dora@acme", "{\"scope\":\"topic:a\",\"data\":\"all\"}");

        ann.awaitData("all");
        bob.awaitData("all");
        assertThat(ann.data()).containsExactly("1", "2", "all");
        assertThat(bob.data()).containsExactly("all");
        assertThat(get(cluster.node(0), "/history?scope=topic:a", "bob@acme").body())
                .doesNotContain("\"data\":\"1\"", "\"data\":\"2\"");
        assertThat(get(cluster.node(0), "/history?scope=topic:a", "ann@acme").body())
                .contains("\"data\":\"1\"", "\"data\":\"2\"");
    }

    @Test
    void a_withdrawn_token_closes_its_connections_on_every_node_after_the_invalidation() throws Exception {
        TestCluster cluster = cluster(3, "authorizer-cache", "1h");
        SseClient closed =
                stream(cluster.node(0), "/events?topic=a", "ann@acme").opened();
        RawWebSocket socket = socket(cluster.node(1), "/ws?topic=a", "ann@acme");
        SseClient kept = stream(cluster.node(0), "/events?topic=a", "bob@acme").opened();
        refused.add("ann@acme");
        refused.add("bob@acme");

        HttpResponse<String> answer = invalidate(cluster.node(2), "{\"user\":\"ann\",\"tenant\":\"acme\"}");

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body()).contains("\"tokens\":1").doesNotContain("missing\":[{");
        assertThat(socket.awaitClose().reason()).isEqualTo("revoked");
        await().until(closed::hasEnded);
        assertThat(closed.all().getLast().data()).isEqualTo("{\"reason\":\"revoked\"}");
        assertThat(get(cluster.node(0), "/events", "ann@acme").statusCode()).isEqualTo(401);
        broadcast(cluster.node(0), "carl@acme", "{\"scope\":\"topic:a\",\"data\":\"still here\"}");
        kept.awaitData("still here");

        assertThat(invalidate(cluster.node(0), "{\"token\":\"bob@acme\"}").statusCode())
                .isEqualTo(200);
        await().until(kept::hasEnded);
    }

    @Test
    void a_withdrawn_scope_is_removed_from_a_websocket_and_ends_an_event_stream() throws Exception {
        TestCluster cluster = cluster(2, "authorizer-cache", "1h");
        readable.addAll(Set.of("topic:a", "topic:b"));
        RawWebSocket socket = socket(cluster.node(0), "/ws?topic=a&topic=b", "ann@acme?");
        SseClient closed =
                stream(cluster.node(1), "/events?topic=b", "ann@acme?").opened();
        SseClient kept = stream(cluster.node(1), "/events?topic=a", "ann@acme?").opened();
        readable.remove("topic:b");

        invalidate(cluster.node(1), "{\"token_id\":\"id-of-ann@acme?\"}");

        JsonNode notice = socket.awaitType("unsubscribed");
        assertThat(notice.path("scopes").toString()).isEqualTo("[\"topic:b\"]");
        assertThat(notice.path("reason").asText()).isEqualTo("revoked");
        await().until(closed::hasEnded);
        assertThat(closed.all().getLast().data()).isEqualTo("{\"reason\":\"revoked\"}");
        broadcast(cluster.node(0), "bob@acme", "{\"scope\":\"topic:b\",\"data\":\"hidden\"}");
        broadcast(cluster.node(0), "bob@acme", "{\"scope\":\"topic:a\",\"data\":\"1\",\"private\":true}");
        assertThat(socket.awaitEvent().path("data").asText()).isEqualTo("1");
        kept.awaitData("1");
    }

    @Test
    void an_old_answer_is_asked_for_again_while_connections_are_open() throws Exception {
        Node node = cluster(1, "authorizer-cache", "1s").node(0);
        SseClient stream = stream(node, "/events?topic=a", "ann@acme").opened();
        await().until(() -> application.count("recheck") >= 1);
        assertThat(stream.hasEnded()).isFalse();
        JsonNode recheck = application.questions().getLast();
        assertThat(recheck.path("user").asText()).isEqualTo("ann");
        assertThat(recheck.path("token_id").asText()).isEqualTo("id-of-ann@acme");

        refused.add("ann@acme");

        await().until(stream::hasEnded);
        assertThat(stream.all().getLast().data()).isEqualTo("{\"reason\":\"revoked\"}");
    }

    @Test
    void without_an_answer_new_requests_are_refused_temporarily_and_open_streams_stay() throws Exception {
        Node node = cluster(1, "authorizer-cache", "1s").node(0);
        SseClient stream = stream(node, "/events?topic=a", "ann@acme").opened();
        assertThat(health(node)).contains("\"authorizer\":{\"available\":true}");
        application.down(true);
        await().until(() -> health(node).contains("\"authorizer\":{\"available\":false}"));

        SseClient refusedStream = stream(node, "/events", "bob@acme");
        await().until(refusedStream::hasEnded);
        assertThat(refusedStream.status()).isEqualTo("HTTP/1.1 200 OK");
        assertThat(refusedStream.lastRetry()).isNotNull();
        assertThat(get(node, "/history?scope=topic:a", "ann@acme").statusCode())
                .as("an old answer does not serve")
                .isEqualTo(503);
        HttpResponse<String> answer = get(node, "/history?scope=topic:a", "bob@acme");
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).contains("\"code\":\"authorizer-unavailable\"");
        assertThat(answer.headers().firstValue("Retry-After")).isPresent();
        TestCluster.broadcast(node, "{\"scope\":\"system\",\"data\":\"all\"}");
        stream.awaitData("all");
        application.down(false);
        assertThat(get(node, "/history?scope=topic:a", "bob@acme").statusCode()).isEqualTo(200);
    }

    @Test
    void without_an_answer_older_answers_serve_where_the_setting_says_so() throws Exception {
        Node node = cluster(1, "authorizer-cache", "1s", "authorizer-unavailable", "cached")
                .node(0);
        readable.add("topic:a");
        SseClient probe = stream(node, "/events?topic=a", "ann@acme?").opened();
        application.down(true);
        await().until(() -> health(node).contains("\"available\":false"));
        assertThat(get(node, "/history?scope=topic:a", "ann@acme?").statusCode())
                .isEqualTo(200);
        assertThat(get(node, "/history?scope=topic:b", "ann@acme?").statusCode())
                .as("not decided before")
                .isEqualTo(503);
        assertThat(get(node, "/history?scope=topic:a", "bob@acme").statusCode()).isEqualTo(503);
        assertThat(probe.hasEnded()).isFalse();

        invalidate(node, "{\"all\":true}");

        await().until(probe::hasEnded);
        assertThat(probe.all().getLast().data()).isEqualTo("{\"reason\":\"unavailable\"}");
        assertThat(get(node, "/history?scope=topic:a", "ann@acme?").statusCode())
                .isEqualTo(503);
    }

    @Test
    void open_streams_end_when_there_was_no_answer_for_too_long() {
        Node node =
                cluster(1, "authorizer-cache", "1s", "authorizer-stale", "1s").node(0);
        SseClient stream = stream(node, "/events", "ann@acme").opened();
        application.down(true);
        await().until(stream::hasEnded);
        assertThat(stream.all().getLast().data()).isEqualTo("{\"reason\":\"unavailable\"}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}|body: must have \"token\", \"token_id\", \"user\", \"tenant\" or \"all\"",
                "{\"all\":true,\"user\":\"a\"}|body: must have only one of",
                "{\"all\":false}|body: member \"all\": must be true",
                "{\"token\":\"a\",\"tenant\":\"b\"}|body: member \"tenant\": is for \"user\", or alone",
                "{\"users\":\"a\"}|body: member \"users\": is unknown",
                "{\"user\":\"\"}|a user or token must have 1 to 1024 bytes",
            })
    void a_wrong_invalidation_is_refused_with_what_was_wrong(String body, String detail) {
        HttpResponse<String> answer = invalidate(cluster(1).node(0), body);
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body().replace("\\\"", "\"")).contains(detail);
    }

    private static String health(Node node) {
        return TestCluster.get(node.adminPort(), "/health").body();
    }
}
