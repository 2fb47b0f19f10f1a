package dev.carillon.node;

import static dev.carillon.node.Hub.bearer;
import static dev.carillon.node.OpenApiNodes.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.testkit.SseClient;
import io.jsonwebtoken.Jwts;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Every status of every route in docs/openapi.yaml that a client can cause, from real nodes. */
@Tag("full")
class OpenApiIT {
    private static final String HUB = "/.well-known/mercure";
    private static final String EVENT = "{\"scope\":\"topic:a\",\"data\":\"x\"}";
    private static final String NDJSON = "application/x-ndjson";

    /** A request of each operation that a node with room answers. */
    private static final List<String> ALL = List.of(
            "GET /",
            "GET /carillon.js",
            "GET /openapi.yaml",
            "GET /events?topic=a",
            "POST /events/renew {\"context\":\"c\"}",
            "GET /ws?topic=a",
            "POST /broadcast " + EVENT,
            "GET /history?scope=topic:a",
            "GET /position?scope=topic:a",
            "GET /presence?scope=topic:a",
            "GET " + HUB + "?topic=a",
            "POST " + HUB + " topic=a&data=x",
            "GET " + HUB + "/subscriptions",
            "GET " + HUB + "/subscriptions/a",
            "GET " + HUB + "/subscriptions/a/b");

    /** Temporary refusals of streams are 200. 403 needs an authorizer that asks; 500 is a defect of the node. */
    private static final Set<String> NOT_CAUSED = Set.of("GET /events 503", "GET /events 403");

    private final OpenApiNodes nodes = new OpenApiNodes();
    private Node node;

    @BeforeEach
    void start() {
        node = nodes.node(
                "main",
                Map.of(
                        "mode",
                        "development",
                        "mercure-subscriptions",
                        "true",
                        "scope-policies",
                        "topic:a=10000/1h/presence"));
    }

    @AfterEach
    void stop() {
        nodes.close();
    }

    @Test
    void nodes_give_every_described_answer_and_no_other() throws Exception {
        successes();
        reads();
        broadcasts();
        refusals();
        limits();
        Node plain = nodes.node("plain", Map.of("mercure", "off"));
        for (String request : ALL) {
            nodes.ask(plain, request, Map.of());
        }

        Set<String> described = new TreeSet<>();
        OpenApi.operations()
                .forEach(operation -> OpenApi.statuses(operation).stream()
                        .filter(status -> !status.equals("500"))
                        .forEach(status -> described.add(operation + " " + status)));
        described.removeAll(NOT_CAUSED);
        described.removeAll(nodes.seen());
        assertThat(described).as("described, and not seen").isEmpty();
    }

    private void successes() throws IOException {
        Map<String, String> all = bearer(TestCluster.token());
        for (String request : ALL) {
            nodes.ask(node, request, Map.of());
            nodes.ask(node, request, all);
            nodes.ask(node, request.replaceFirst("^GET", "HEAD"), all);
            nodes.ask(node, "OPTIONS " + request.split(" ", 3)[1], Map.of());
            nodes.ask(node, "PATCH " + request.split(" ", 3)[1], Map.of());
            nodes.ask(node, request.replaceFirst("(\\?|(?= \\{| topic=|$))", "?%zz&"), all);
        }
        nodes.ask(node, "GET /_health", Map.of());
        nodes.ask(node, "HEAD /_health?%zz", Map.of());
        nodes.ask(node, "GET /", Map.of("Accept", "text/html"));
        nodes.ask(node, "GET /nothing", Map.of());
        for (String path : List.of("/", "/carillon.js", "/openapi.yaml", HUB + "/subscriptions")) {
            Map<String, String> html = with(bearer(Hub.token(List.of(), List.of("*"))), "Accept", "text/html");
            String tag = nodes.ask(node, "GET " + path, html).headers().getOrDefault("etag", "");
            assertThat(nodes.ask(node, "GET " + path, with(html, "If-None-Match", tag))
                            .status())
                    .isEqualTo(304);
        }
        nodes.ask(node, "GET /openapi.yaml?v=1", Map.of());
    }

    private void reads() throws IOException {
        TestCluster.broadcast(
                node,
                "{\"scopes\":[\"topic:a\",\"user:ann\"],\"type\":\"t\",\"key\":\"k\",\"tags\":{\"b\":\"c\"},\"data\":{\"d\":1}}");
        Map<String, String> ann = bearer(TestCluster.token(
                List.of(),
                List.of("topic:a"),
                b -> b.subject("ann")
                        .claim("carillon", Map.of("read", List.of("topic:a"), "user_data", Map.of("name", "Ann")))));
        try (SseClient stream = SseClient.open(node.port(), "/events?topic=a", ann)) {
            stream.opened();
            String cookie = String.valueOf(stream.header("set-cookie")).replaceFirst(";.*", "");
            String context = stream.all().getFirst().data().replaceFirst(".*\"context\":\"([^\"]+)\".*", "$1");
            assertThat(nodes.ask(
                                    node,
                                    "POST /events/renew {\"context\":\"" + context + "\"}",
                                    with(ann, "Cookie", cookie))
                            .status())
                    .isEqualTo(200);
            Awaitility.await()
                    .until(() -> nodes.ask(node, "GET /presence?scope=topic:a", ann)
                            .body()
                            .contains("Ann"));
            assertThat(nodes.ask(node, "GET /history?scope=topic:a&scope=user:ann", ann)
                            .body())
                    .contains("\"d\":1");
        }
        nodes.ask(node, "GET /history?scope=topic:a&after=cursor:1:0.0.0", ann);
        nodes.ask(node, "GET /position?scope=user:bob", ann);
        nodes.ask(node, "GET /history?scope=user:bob", ann);
        nodes.ask(node, "GET /presence?scope=user:bob", ann);
        Node staff = nodes.node("staff", Map.of("scope-policies", "topic:a=10000/1h/presence-private"));
        nodes.ask(staff, "GET /presence?scope=topic:a", bearer(TestCluster.token(List.of(), List.of(), b -> b)));
        nodes.ask(staff, "GET /presence?scope=topic:a", Map.of());

        Map<String, String> hub = bearer(Hub.token(List.of(), List.of("*")));
        try (SseClient stream = SseClient.open(node.port(), HUB + "?topic=a", hub)) {
            Awaitility.await()
                    .until(() -> nodes.ask(node, "GET " + HUB + "/subscriptions", hub)
                            .body()
                            .contains("Subscription\""));
            assertThat(stream.hasEnded()).isFalse();
            String list = nodes.ask(node, "GET " + HUB + "/subscriptions", hub).body();
            nodes.ask(node, "GET " + HUB + "/subscriptions/a", hub);
            String one = list.replaceFirst(".*\"id\":\"(" + HUB + "/subscriptions/a/[^\"]+)\".*", "$1");
            OpenApi.Answer answer = nodes.ask(node, "GET " + one, hub);
            assertThat(answer.status()).isEqualTo(200);
            String tag = answer.headers().getOrDefault("etag", "");
            nodes.ask(node, "GET " + one, with(hub, "If-None-Match", tag));
            nodes.ask(node, "GET " + HUB + "/subscriptions/a", with(hub, "If-None-Match", tag));
        }
        for (String path : List.of("", "/%C3", "/%C3/x")) {
            nodes.ask(node, "GET " + HUB + "/subscriptions" + path, hub);
        }
    }

    private void broadcasts() throws IOException {
        Map<String, String> all = bearer(TestCluster.token());
        nodes.ask(node, "POST /broadcast [" + EVENT + "," + EVENT + "]", with(all, "Content-Type", "application/json"));
        nodes.ask(node, "POST /broadcast " + EVENT + "\n{}\n", with(all, "Content-Type", NDJSON));
        for (String id : List.of("x", "y")) {
            nodes.ask(node, "POST /broadcast " + EVENT.replace("x", id), with(all, "Idempotency-Key", "k"));
            nodes.ask(
                    node,
                    "POST " + HUB + " topic=a&data=" + id,
                    with(bearer(Hub.token(List.of("*"), List.of())), "Idempotency-Key", "h"));
        }
        nodes.ask(node, "POST /broadcast " + EVENT, with(all, "Content-Type", "text/plain"));
        nodes.ask(node, "POST /broadcast {\"scope\":\"topic:a\",\"data\":\"" + "x".repeat(2_000_000) + "\"}", all);
        nodes.ask(node, "POST /events/renew {\"context\":\"" + "x".repeat(5_000) + "\"}", all);
        nodes.ask(
                node,
                "POST " + HUB + " topic=a&data=" + "x".repeat(1_100_000),
                bearer(Hub.token(List.of("*"), List.of())));
        nodes.ask(node, "POST " + HUB + " data=x", bearer(Hub.token(List.of("*"), List.of())));
        nodes.ask(node, "POST " + HUB + " topic=" + HUB + "&data=x", bearer(Hub.token(List.of("*"), List.of())));
    }

    private void refusals() throws IOException {
        Node closed = nodes.node("closed", Map.of("anonymous", "false", "mercure-subscriptions", "true"));
        Map<String, String> none = bearer(TestCluster.token(List.of(), List.of(), b -> b));
        for (String request : ALL) {
            nodes.ask(closed, request, Map.of());
            nodes.ask(closed, request, bearer("no.token.atall"));
            nodes.ask(closed, request, none);
            nodes.ask(closed, request, Map.of("Cookie", "carillon_authorization=" + TestCluster.token()));
            nodes.ask(closed, request, with(none, "Origin", "https://other.example"));
            nodes.ask(
                    closed, request, Map.of("Cookie", "mercureAuthorization=" + Hub.token(List.of("*"), List.of("*"))));
        }
        nodes.ask(closed, "GET /", Map.of("Accept", "text/html"));
    }

    private void limits() throws Exception {
        Node full = nodes.node("full", Map.of("max-connections", "1", "mercure-subscriptions", "true"));
        try (SseClient stream = SseClient.open(full.port(), "/events?topic=a").opened()) {
            for (String request : ALL) {
                nodes.ask(full, request, Map.of());
            }
            assertThat(stream.hasEnded()).isFalse();
        }
        Node slow = nodes.node("slow", Map.of("requests-per-address", "1", "mercure-subscriptions", "true"));
        for (String request : ALL) {
            for (int i = 0; i < 20 && nodes.ask(slow, request, Map.of()).status() != 429; i++) {
                // Each answer is checked; a stream is never refused with 429.
                if (request.startsWith("GET /events?") || request.startsWith("GET " + HUB + "?")) {
                    break;
                }
            }
        }
        for (int i = 0; i < 11; i++) {
            int from = 100 * i;
            String topics = IntStream.range(from, from + 100)
                    .mapToObj(n -> "topic=" + n + "-{a}")
                    .collect(Collectors.joining("&"));
            nodes.hold(node, HUB + "?" + topics);
        }
        Node strict = nodes.node(
                "strict",
                Map.of("mercure-strict-status", "true", "mercure-subscriber-jwks", "http://127.0.0.1:1/jwks"));
        // No keys can be fetched, whatever the token is signed with.
        String signed = Jwts.builder()
                .claim("mercure", Map.of("subscribe", List.of("*")))
                .signWith(Jwts.SIG.ES256.keyPair().build().getPrivate())
                .compact();
        assertThat(nodes.ask(strict, "GET " + HUB + "?topic=a", bearer(signed)).status())
                .isEqualTo(503);
        Node draining = nodes.node("draining", Map.of("drain-notice", "10m", "drain-timeout", "10m"));
        nodes.own(OpenApiNodes.drain(draining));
        Awaitility.await()
                .until(() -> nodes.ask(draining, "GET /_health", Map.of()).status() == 503);
    }
}
