package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.auth.Authorizer;
import dev.carillon.auth.Grants;
import dev.carillon.auth.KeysUnavailableException;
import dev.carillon.scope.Tenant;
import dev.carillon.testkit.SseClient;
import io.jsonwebtoken.Jwts;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
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

    /** Temporary refusals of streams are 200. A node answers 500 only for a defect, and a text in place of a page only in production mode. */
    private static final Set<String> NOT_CAUSED = Set.of("GET /events 503", "GET /events 403", "GET /_health 400");

    private final Set<String> seen = new TreeSet<>();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private Node node;

    @BeforeEach
    void start() {
        node = node(
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
    void stop() throws Exception {
        for (AutoCloseable each : opened.reversed()) {
            each.close();
        }
    }

    @Test
    void nodes_give_every_described_answer_and_no_other() throws Exception {
        successes();
        reads();
        broadcasts();
        refusals();
        limits();
        switchedOff();

        Set<String> described = new TreeSet<>();
        OpenApi.operations()
                .forEach(operation -> OpenApi.statuses(operation).stream()
                        .filter(status -> !status.equals("500"))
                        .forEach(status -> described.add(operation + " " + status)));
        described.removeAll(NOT_CAUSED);
        described.removeAll(seen);
        assertThat(described).as("described, and not seen").isEmpty();
    }

    @Test
    void parameters_are_those_that_the_routes_know() throws IOException {
        for (String operation : List.of("GET /events", "GET /ws", "GET /history", "GET /position", "GET /presence")) {
            String path = operation.substring(4);
            String detail = ask(node, "GET " + path + "?nothing=1", Map.of()).body();
            List<String> known = List.of(detail.replaceAll(".*known parameters are ([A-Za-z, ]+)\".*", "$1")
                    .split(", "));

            List<String> described = new ArrayList<>(OpenApi.queryParameters(operation));
            described.add("authorization");
            assertThat(known).as(operation).containsExactlyInAnyOrderElementsOf(described);
        }
    }

    @Test
    void events_of_the_node_are_as_described() {
        try (SseClient stream = SseClient.open(node.port(), "/events?topic=a&lastEventID=unknown")) {
            stream.await(2);
            stream.all()
                    .forEach(event -> OpenApi.checkEvent("GET /events", String.valueOf(event.type()), event.data()));
            assertThat(stream.all())
                    .extracting(SseClient.Received::type)
                    .containsExactlyInAnyOrder("carillon.open", "carillon.gap");
        }
    }

    @Test
    void stream_is_refused_for_a_time_when_its_token_cannot_be_verified() throws IOException {
        Authorizer unable = token -> token == null
                ? CompletableFuture.completedFuture(new Grants(Tenant.DEFAULT, null, List.of(), List.of(), null))
                : CompletableFuture.failedFuture(new KeysUnavailableException("no keys"));
        Node other = own(Node.builder(TestCluster.config("n-keys", "memory://keys", Map.of()))
                .authorizer(unable)
                .start());

        assertThat(ask(other, "GET /events", bearer("t")).status()).isEqualTo(200);
        assertThat(ask(other, "GET /position?scope=global", bearer("t")).status())
                .isEqualTo(503);
    }

    private void successes() throws IOException {
        Map<String, String> all = bearer(TestCluster.token());
        for (String request : ALL) {
            ask(node, request, Map.of());
            ask(node, request, all);
            ask(node, request.replaceFirst("^GET", "HEAD"), all);
            ask(node, "OPTIONS " + request.split(" ")[1], Map.of());
            ask(node, "PATCH " + request.split(" ")[1], Map.of());
            ask(node, request.replaceFirst("(\\?|(?= \\{| topic=|$))", "?%zz&"), all);
        }
        ask(node, "GET /_health", Map.of());
        ask(node, "HEAD /_health", Map.of());
        ask(node, "GET /", Map.of("Accept", "text/html"));
        ask(node, "GET /nothing", Map.of());
        for (String path : List.of("/", "/carillon.js", "/openapi.yaml", HUB + "/subscriptions")) {
            Map<String, String> html = with(bearer(Hub.token(List.of(), List.of("*"))), "Accept", "text/html");
            String tag = ask(node, "GET " + path, html).headers().getOrDefault("etag", "");
            assertThat(ask(node, "GET " + path, with(html, "If-None-Match", tag))
                            .status())
                    .isEqualTo(304);
        }
        ask(node, "GET /openapi.yaml?v=1", Map.of());
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
            assertThat(ask(node, "POST /events/renew {\"context\":\"" + context + "\"}", with(ann, "Cookie", cookie))
                            .status())
                    .isEqualTo(200);
            Awaitility.await()
                    .until(() ->
                            ask(node, "GET /presence?scope=topic:a", ann).body().contains("Ann"));
            assertThat(ask(node, "GET /history?scope=topic:a&scope=user:ann", ann)
                            .body())
                    .contains("\"d\":1");
        }
        ask(node, "GET /history?scope=topic:a&after=cursor:1:0.0.0", ann);
        ask(node, "GET /position?scope=user:bob", ann);
        ask(node, "GET /history?scope=user:bob", ann);
        ask(node, "GET /presence?scope=user:bob", ann);
        Node staff = node("staff", Map.of("scope-policies", "topic:a=10000/1h/presence-private"));
        ask(staff, "GET /presence?scope=topic:a", bearer(TestCluster.token(List.of(), List.of(), b -> b)));
        ask(staff, "GET /presence?scope=topic:a", Map.of());

        Map<String, String> hub = bearer(Hub.token(List.of(), List.of("*")));
        try (SseClient stream = SseClient.open(node.port(), HUB + "?topic=a", hub)) {
            Awaitility.await()
                    .until(() -> ask(node, "GET " + HUB + "/subscriptions", hub)
                            .body()
                            .contains("Subscription\""));
            assertThat(stream.hasEnded()).isFalse();
            String list = ask(node, "GET " + HUB + "/subscriptions", hub).body();
            ask(node, "GET " + HUB + "/subscriptions/a", hub);
            String one = list.replaceFirst(".*\"id\":\"(" + HUB + "/subscriptions/a/[^\"]+)\".*", "$1");
            OpenApi.Answer answer = ask(node, "GET " + one, hub);
            assertThat(answer.status()).isEqualTo(200);
            String tag = answer.headers().getOrDefault("etag", "");
            ask(node, "GET " + one, with(hub, "If-None-Match", tag));
            ask(node, "GET " + HUB + "/subscriptions/a", with(hub, "If-None-Match", tag));
        }
        for (String path : List.of("", "/%C3", "/%C3/x")) {
            ask(node, "GET " + HUB + "/subscriptions" + path, hub);
        }
    }

    private void broadcasts() throws IOException {
        Map<String, String> all = bearer(TestCluster.token());
        ask(node, "POST /broadcast [" + EVENT + "," + EVENT + "]", with(all, "Content-Type", "application/json"));
        ask(node, "POST /broadcast " + EVENT + "\n{}\n", with(all, "Content-Type", NDJSON));
        for (String id : List.of("x", "y")) {
            ask(node, "POST /broadcast " + EVENT.replace("x", id), with(all, "Idempotency-Key", "k"));
            ask(
                    node,
                    "POST " + HUB + " topic=a&data=" + id,
                    with(bearer(Hub.token(List.of("*"), List.of())), "Idempotency-Key", "h"));
        }
        ask(node, "POST /broadcast " + EVENT, with(all, "Content-Type", "text/plain"));
        ask(node, "POST /broadcast {\"scope\":\"topic:a\",\"data\":\"" + "x".repeat(2_000_000) + "\"}", all);
        ask(node, "POST /events/renew {\"context\":\"" + "x".repeat(5_000) + "\"}", all);
        ask(node, "POST " + HUB + " topic=a&data=" + "x".repeat(1_100_000), bearer(Hub.token(List.of("*"), List.of())));
        ask(node, "POST " + HUB + " data=x", bearer(Hub.token(List.of("*"), List.of())));
        ask(node, "POST " + HUB + " topic=" + HUB + "&data=x", bearer(Hub.token(List.of("*"), List.of())));
    }

    private void refusals() throws IOException {
        Node closed = node("closed", Map.of("anonymous", "false", "mercure-subscriptions", "true"));
        Map<String, String> none = bearer(TestCluster.token(List.of(), List.of(), b -> b));
        for (String request : ALL) {
            ask(closed, request, Map.of());
            ask(closed, request, bearer("no.token.atall"));
            ask(closed, request, none);
            ask(closed, request, Map.of("Cookie", "carillon_authorization=" + TestCluster.token()));
            ask(closed, request, with(none, "Origin", "https://other.example"));
            ask(closed, request, Map.of("Cookie", "mercureAuthorization=" + Hub.token(List.of("*"), List.of("*"))));
        }
        ask(closed, "GET /", Map.of("Accept", "text/html"));
    }

    private void limits() throws Exception {
        Node full = node("full", Map.of("max-connections", "1", "mercure-subscriptions", "true"));
        try (SseClient stream = SseClient.open(full.port(), "/events?topic=a").opened()) {
            for (String request : ALL) {
                ask(full, request, Map.of());
            }
            assertThat(stream.hasEnded()).isFalse();
        }
        Node slow = node("slow", Map.of("requests-per-address", "1", "mercure-subscriptions", "true"));
        for (String request : ALL) {
            for (int i = 0; i < 20 && ask(slow, request, Map.of()).status() != 429; i++) {
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
            ask(node, "GET " + HUB + "?" + topics, Map.of(), true);
        }
        Node strict = node(
                "strict",
                Map.of("mercure-strict-status", "true", "mercure-subscriber-jwks", "http://127.0.0.1:1/jwks"));
        // No keys can be fetched, whatever the token is signed with.
        String signed = Jwts.builder()
                .claim("mercure", Map.of("subscribe", List.of("*")))
                .signWith(Jwts.SIG.ES256.keyPair().build().getPrivate())
                .compact();
        assertThat(ask(strict, "GET " + HUB + "?topic=a", bearer(signed)).status())
                .isEqualTo(503);
        Node draining = node("draining", Map.of("drain-notice", "10m", "drain-timeout", "10m"));
        own(drain(draining));
        Awaitility.await().until(() -> ask(draining, "GET /_health", Map.of()).status() == 503);
    }

    /** Drains a node until the result is closed. */
    private static AutoCloseable drain(Node node) {
        Thread draining = Thread.startVirtualThread(() -> {
            try {
                node.drain();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        return draining::interrupt;
    }

    private void switchedOff() throws IOException {
        Node plain = node("plain", Map.of("mercure", "off"));
        for (String request : ALL) {
            ask(plain, request, Map.of());
        }
    }

    private OpenApi.Answer ask(Node at, String request, Map<String, String> headers) throws IOException {
        return ask(at, request, headers, false);
    }

    /** @param held whether the connection of a stream stays open until the end of the test */
    private OpenApi.Answer ask(Node at, String request, Map<String, String> headers, boolean held) throws IOException {
        RightsRequest parsed = RightsRequest.of(request);
        if (held) {
            SseClient client = own(SseClient.open(at.port(), parsed.target(), headers));
            if (client.status().contains("200")) {
                seen.add("GET " + HUB + " 200");
                return new OpenApi.Answer(200, Map.of(), "");
            }
        }
        RightsRequest.Answer answer = parsed.ask(at.port(), headers);
        OpenApi.Answer checked = OpenApi.Answer.of(answer.head(), answer.body());
        OpenApi.check(parsed.method(), parsed.target(), checked);
        String method = parsed.method().equals("HEAD") ? "GET" : parsed.method();
        OpenApi.template(parsed.target()).ifPresent(path -> seen.add(method + " " + path + " " + checked.status()));
        return checked;
    }

    private Node node(String name, Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(settings);
        return own(Node.builder(TestCluster.config("n-" + name, "memory://openapi-" + name, all))
                .start());
    }

    private <T extends AutoCloseable> T own(T closeable) {
        opened.add(closeable);
        return closeable;
    }

    private static Map<String, String> bearer(String token) {
        return Map.of("Authorization", "Bearer " + token);
    }

    private static Map<String, String> with(Map<String, String> headers, String name, @Nullable String value) {
        Map<String, String> all = new HashMap<>(headers);
        all.put(name, String.valueOf(value));
        return all;
    }
}
