package dev.carillon.node;

import static dev.carillon.node.TestCluster.broadcast;
import static dev.carillon.node.TestCluster.token;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carillon.extension.Response;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code POST /admin/revoke}: what is open is closed on every node, and the token is refused, also by a node that starts later. */
class RevocationIT {
    private static final String HUB = "/.well-known/mercure?topic=a";
    private TestCluster cluster;
    private final List<AutoCloseable> open = new ArrayList<>();

    @BeforeEach
    void start() {
        cluster = new TestCluster("memory://revocation", 2, Map.of("anonymous", "false"), context -> {
            context.get("/grants", request -> Response.text(request.grants().toString()));
            context.get("/session", request -> Response.text(request.session()));
            return () -> {};
        });
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
        cluster.close();
    }

    /** A token for all endpoints. */
    private static String tokenOf(String user, String id, Instant issued) {
        return token(
                List.of("*"),
                List.of(),
                builder -> builder.subject(user)
                        .id(id)
                        .issuedAt(Date.from(issued))
                        .claim("mercure", Map.of("subscribe", List.of("*"), "publish", List.of("*"))));
    }

    private static String tokenOf(String user, String id) {
        return tokenOf(user, id, Instant.now());
    }

    private HttpResponse<String> revoke(int node, String json) {
        return TestCluster.send(HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + cluster.node(node).adminPort() + "/admin/revoke"))
                .header("Authorization", "Bearer " + TestCluster.OPERATOR)
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build());
    }

    private SseClient stream(int node, String target, String token) {
        SseClient client = SseClient.open(cluster.node(node).port(), target, Hub.bearer(token));
        open.add(client);
        await().until(() -> client.status().equals("HTTP/1.1 200 OK"));
        return client;
    }

    private RawWebSocket socket(int node, String token) throws IOException {
        RawWebSocket client =
                new RawWebSocket(cluster.node(node).port(), "/ws?topic=a", "Authorization: Bearer " + token);
        open.add(client);
        client.awaitType("open");
        return client;
    }

    private void assertRefused(int node, String token) throws IOException {
        for (String target : List.of("/events?topic=a", HUB, "/history?scope=topic:a", "/position?scope=topic:a")) {
            HttpResponse<String> answer = TestCluster.send(HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + cluster.node(node).port() + target))
                    .header("Authorization", "Bearer " + token)
                    .build());
            assertThat(answer.statusCode()).as(target).isEqualTo(401);
            assertThat(answer.body()).contains("\"code\":\"token-revoked\"");
            assertThat(answer.headers().firstValue("WWW-Authenticate"))
                    .hasValueSatisfying(challenge -> assertThat(challenge).contains("invalid_token"));
        }
        assertThat(TestCluster.post(cluster.node(node), token, "{\"scope\":\"topic:a\",\"data\":\"x\"}")
                        .statusCode())
                .isEqualTo(401);
        try (RawWebSocket first = new RawWebSocket(cluster.node(node).port(), "/ws")) {
            assertThat(first.ask("{\"access_token\":\"" + token + "\",\"ref\":1}")
                            .path("code")
                            .asText())
                    .isEqualTo("token-revoked");
        }
    }

    @Test
    void a_revoked_user_is_closed_and_refused_everywhere_and_nobody_else() throws Exception {
        String ann = tokenOf("ann", "1");
        String bob = tokenOf("bob", "2");
        List<SseClient> closed =
                List.of(stream(0, "/events?topic=a", ann), stream(1, "/events?topic=a", ann), stream(1, HUB, ann));
        RawWebSocket socket = socket(0, ann);
        List<SseClient> kept = List.of(stream(0, "/events?topic=a", bob), stream(1, HUB, bob));
        RawWebSocket keptSocket = socket(1, bob);

        HttpResponse<String> answer = revoke(0, "{\"user\":\"ann\"}");

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        JsonNode json = new ObjectMapper().readTree(answer.body());
        assertThat(Instant.parse(json.path("until").asText()))
                .isAfter(Instant.now().plusSeconds(86_000));
        assertThat(json.path("tenant").asText()).isEqualTo("default");
        for (SseClient client : closed) {
            await().until(client::hasEnded);
        }
        assertThat(closed.getFirst().all().getLast().data()).isEqualTo("{\"reason\":\"revoked\"}");
        assertThat(socket.awaitClose().reason()).isEqualTo("revoked");
        assertRefused(0, ann);
        assertRefused(1, ann);
        cluster.add("later-" + System.nanoTime());
        assertRefused(2, ann);

        broadcast(cluster.node(0), "{\"scope\":\"topic:a\",\"data\":\"still here\"}");
        kept.forEach(client -> client.awaitData("still here"));
        assertThat(keptSocket.awaitEvent().path("data").asText()).isEqualTo("still here");
        // A token that was issued after it.
        stream(1, "/events?topic=a", tokenOf("ann", "3", Instant.now().plusSeconds(2)));
        // A token without the time of its issue counts as one of before.
        assertRefused(
                0,
                token(
                        List.of("*"),
                        List.of(),
                        b -> b.subject("ann").claim("mercure", Map.of("subscribe", List.of("*")))));
    }

    @Test
    void one_token_is_revoked_by_its_id_until_its_end() throws Exception {
        String one = tokenOf("ann", "one");
        String other = tokenOf("ann", "other");
        SseClient closed = stream(0, "/events?topic=a", one);
        RawWebSocket kept = socket(0, other);
        long end = Instant.now().plusSeconds(100).getEpochSecond();

        HttpResponse<String> answer = revoke(1, "{\"token_id\":\"one\",\"expires_at\":" + end + "}");

        assertThat(Instant.parse(
                        new ObjectMapper().readTree(answer.body()).path("until").asText()))
                .isBetween(Instant.ofEpochSecond(end), Instant.ofEpochSecond(end + 1));
        await().until(closed::hasEnded);
        assertRefused(1, one);
        kept.ask("{\"type\":\"ping\",\"ref\":1}");
        stream(0, "/events?topic=a", other);
    }

    @Test
    void a_session_is_revoked_with_the_tokens_of_before() throws Exception {
        String ann = tokenOf("ann", "1");
        RawWebSocket socket = new RawWebSocket(cluster.node(0).port(), "/ws", "Authorization: Bearer " + ann);
        open.add(socket);
        String cookie = String.valueOf(socket.header("Set-Cookie")).split(";", 2)[0];
        String session = socket.awaitType("open").path("session").asText();
        RawWebSocket elsewhere = socket(1, ann);

        assertThat(revoke(1, "{\"session\":\"" + session + "\"}").statusCode()).isEqualTo(200);

        assertThat(socket.awaitClose().reason()).isEqualTo("revoked");
        for (String route : List.of("/grants", "/session")) {
            HttpResponse<String> extension = TestCluster.send(HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + cluster.node(1).port() + route))
                    .header("Authorization", "Bearer " + ann)
                    .header("Cookie", cookie)
                    .build());
            assertThat(extension.statusCode()).as(extension.body()).isEqualTo(401);
        }
        SseClient refused = SseClient.open(
                cluster.node(1).port(), "/events", Map.of("Authorization", "Bearer " + ann, "Cookie", cookie));
        open.add(refused);
        await().until(() -> !refused.status().isEmpty());
        assertThat(refused.status()).isEqualTo("HTTP/1.1 401 Unauthorized");
        SseClient renewed = SseClient.open(
                cluster.node(1).port(),
                "/events",
                Map.of(
                        "Authorization",
                        "Bearer " + tokenOf("ann", "2", Instant.now().plusSeconds(2)),
                        "Cookie",
                        cookie));
        open.add(renewed);
        await().until(() -> renewed.status().equals("HTTP/1.1 200 OK"));
        // Another browser of the same user.
        elsewhere.ask("{\"type\":\"ping\",\"ref\":1}");
    }

    @Test
    void another_tenant_has_users_of_the_same_name() throws Exception {
        String acme = TestCluster.tokenOf("ann", "acme");
        RawWebSocket kept = socket(0, acme);
        RawWebSocket closed = socket(0, tokenOf("ann", "1"));

        revoke(0, "{\"user\":\"ann\",\"tenant\":\"default\"}");

        assertThat(closed.awaitClose().reason()).isEqualTo("revoked");
        kept.ask("{\"type\":\"ping\",\"ref\":1}");
        revoke(0, "{\"user\":\"ann\",\"tenant\":\"acme\"}");
        assertThat(kept.awaitClose().reason()).isEqualTo("revoked");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}|body: must have \"token_id\", \"user\" or \"session\"",
                "{\"user\":\"a\",\"session\":\"b\"}|body: must have only one of",
                "{\"user\":\"\"}|user: must have 1 to 1024 bytes of UTF-8",
                "{\"user\":1}|body: member \"user\": must be a string",
                "{\"users\":\"a\"}|body: member \"users\": is unknown; known members are expires_at",
                "{\"user\":\"a\",\"expires_at\":1}|body: member \"expires_at\": is for \"token_id\" only",
                "{\"token_id\":\"a\",\"expires_at\":1}|body: member \"expires_at\": must be seconds since 1970, in the future",
                "{\"user\":\"a\",\"tenant\":\"A B\"}|body: member \"tenant\":",
                "no JSON|body: is not JSON",
            })
    void a_wrong_request_is_refused_with_what_was_wrong(String body, String detail) {
        HttpResponse<String> answer = revoke(0, body);
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body().replace("\\\"", "\"")).contains(detail);
    }
}
