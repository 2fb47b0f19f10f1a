package dev.carillon.node;

import static dev.carillon.node.TestCluster.token;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Operators list and close connections of every node; clients renew the tokens of their streams on whichever node they are. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class OperatorsContract {
    TestCluster cluster;
    private final List<AutoCloseable> open = new ArrayList<>();

    /** Address of the broker. */
    protected abstract String broker();

    @BeforeEach
    void start() {
        cluster = new TestCluster(broker(), 2, Map.of());
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
        open.clear();
        cluster.close();
    }

    final SseClient stream(int node, String target, Map<String, String> headers) {
        SseClient client = SseClient.open(cluster.node(node).port(), target, headers);
        open.add(client);
        return client.opened();
    }

    private RawWebSocket socket(int node, String target, String token) throws IOException {
        RawWebSocket client = new RawWebSocket(cluster.node(node).port(), target, "Authorization: Bearer " + token);
        open.add(client);
        client.awaitType("open");
        return client;
    }

    private JsonNode admin(int node, String method, String query) {
        HttpResponse<String> answer = TestCluster.send(HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + cluster.node(node).adminPort() + "/admin/connections" + query))
                .header("Authorization", "Bearer " + TestCluster.OPERATOR)
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build());
        return json(answer);
    }

    private static JsonNode json(HttpResponse<String> answer) {
        try {
            return new ObjectMapper().readTree(answer.body());
        } catch (IOException e) {
            throw new AssertionError(answer.body(), e);
        }
    }

    static String tokenOf(String user, long seconds) {
        return token(
                List.of(),
                List.of(),
                b -> b.subject(user).expiration(Date.from(Instant.now().plusSeconds(seconds))));
    }

    @Test
    void an_operator_finds_connections_of_every_node_by_each_criterion() throws Exception {
        String ann = tokenOf("ann", 600);
        SseClient events = stream(0, "/events?topic=orders&label=case-7", Hub.bearer(ann));
        RawWebSocket socket = socket(1, "/ws?topic=orders&label=case-8", ann);
        socket(1, "/ws?topic=other", TestCluster.tokenOf("ann", "acme"));
        SseClient hub = SseClient.open(cluster.node(0).port(), "/.well-known/mercure?topic=orders", Map.of());
        open.add(hub);
        await().until(() -> hub.status().equals("HTTP/1.1 200 OK"));

        for (int node = 0; node < 2; node++) {
            assertThat(admin(node, "GET", "?user=ann&tenant=default")
                            .path("matching")
                            .asInt())
                    .isEqualTo(2);
            assertThat(admin(node, "GET", "?user=ann").path("matching").asInt()).isEqualTo(3);
            assertThat(admin(node, "GET", "?scope=topic:other")
                            .path("connections")
                            .findValuesAsText("tenant"))
                    .containsExactly("acme");
            assertThat(admin(node, "GET", "?scope=topic:orders")
                            .path("connections")
                            .findValuesAsText("transport"))
                    .containsExactlyInAnyOrder("events", "ws", "mercure");
            assertThat(admin(node, "GET", "?session=" + events.opening("session"))
                            .path("connections")
                            .findValuesAsText("label"))
                    .containsExactly("case-7");
            assertThat(admin(node, "GET", "?label=case-8").path("matching").asInt())
                    .isEqualTo(1);
        }
        JsonNode one = admin(1, "GET", "?context=" + events.opening("context"))
                .path("connections")
                .path(0);
        assertThat(one.path("node").asText()).isEqualTo(cluster.node(0).id());
        assertThat(one.path("user").asText()).isEqualTo("ann");
        assertThat(one.path("address").asText()).isEqualTo("127.0.0.1");
        assertThat(one.path("scopes").toString()).contains("topic:orders", "user:ann");
        assertThat(Instant.parse(one.path("since").asText()))
                .isBefore(Instant.now().plusSeconds(1));
        JsonNode cut = admin(0, "GET", "?tenant=default&limit=1");
        assertThat(cut.path("truncated").asBoolean()).isTrue();
        assertThat(cut.path("matching").asInt())
                .isGreaterThan(cut.path("connections").size());
        socket.ask("{\"type\":\"ping\",\"ref\":1}");
    }

    @Test
    void an_operator_closes_the_connections_that_match_with_a_message_and_no_others() throws Exception {
        SseClient closed = stream(0, "/events", Hub.bearer(tokenOf("ann", 600)));
        RawWebSocket socket = socket(1, "/ws", tokenOf("ann", 600));
        RawWebSocket kept = socket(1, "/ws", tokenOf("bob", 600));

        JsonNode answer = admin(0, "DELETE", "?user=ann&message=see%20you");

        assertThat(answer.path("closed").asInt()).isEqualTo(2);
        assertThat(answer.path("nodes").size()).isEqualTo(2);
        await().until(closed::hasEnded);
        assertThat(closed.all()).anySatisfy(event -> assertThat(event.data()).isEqualTo("{\"message\":\"see you\"}"));
        assertThat(closed.all().getLast().data()).isEqualTo("{\"reason\":\"closed-by-operator\"}");
        assertThat(socket.awaitType("notice").path("message").asText()).isEqualTo("see you");
        assertThat(socket.awaitClose().reason()).isEqualTo("closed-by-operator");
        kept.ask("{\"type\":\"ping\",\"ref\":1}");
        assertThat(admin(0, "DELETE", "").path("detail").asText()).contains("at least one of tenant");
        assertThat(admin(0, "DELETE", "?usr=ann").path("detail").asText()).contains("user");
        assertThat(admin(0, "GET", "?limit=0").path("detail").asText()).contains("from 1 to 100");
    }

    @Test
    void a_stream_is_renewed_by_a_request_to_another_node_of_its_own_browser_and_user() {
        SseClient stream = stream(0, "/events", Hub.bearer(tokenOf("ann", 60)));
        SseClient other = stream(0, "/events", Hub.bearer(tokenOf("ann", 60)));
        String cookie = String.valueOf(stream.header("Set-Cookie")).split(";", 2)[0];
        String context = stream.opening("context");

        assertThat(renew(1, tokenOf("ann", 600), null, context).statusCode()).isEqualTo(404);
        assertThat(renew(1, tokenOf("bob", 600), cookie, context).statusCode()).isEqualTo(404);
        assertThat(renew(1, tokenOf("ann", 600), cookie, "other").statusCode()).isEqualTo(404);
        String otherBrowser = String.valueOf(other.header("Set-Cookie")).split(";", 2)[0];
        assertThat(renew(1, tokenOf("ann", 600), otherBrowser, context).statusCode())
                .isEqualTo(404);
        HttpResponse<String> renewed = renew(1, tokenOf("ann", 600), cookie, context);

        assertThat(renewed.statusCode()).as(renewed.body()).isEqualTo(200);
        assertThat(json(renewed).path("renewed").asInt()).isEqualTo(1);
        assertThat(json(renewed).path("expires_in").asInt()).isGreaterThan(500);
    }

    final HttpResponse<String> renew(int node, String token, @Nullable String cookie, String context) {
        Map<String, String> headers = new HashMap<>(Map.of("Authorization", "Bearer " + token));
        if (cookie != null) {
            headers.put("Cookie", cookie);
        }
        HttpRequest.Builder request = HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + cluster.node(node).port() + "/events/renew"));
        headers.forEach(request::header);
        return TestCluster.send(request.POST(HttpRequest.BodyPublishers.ofString("{\"context\":\"" + context + "\"}"))
                .build());
    }

    @Test
    void a_system_event_reaches_every_client_of_every_tenant_on_every_node() throws Exception {
        SseClient anonymous = stream(0, "/events", Map.of());
        RawWebSocket acme = socket(1, "/ws", TestCluster.tokenOf("ann", "acme"));
        String operator = token(List.of("system"), List.of(), b -> b);

        assertThat(TestCluster.post(
                                cluster.node(0),
                                TestCluster.tokenOf("ann", "acme"),
                                "{\"scope\":\"system\",\"data\":\"x\"}")
                        .statusCode())
                .isEqualTo(403);
        assertThat(TestCluster.post(
                                cluster.node(0),
                                operator,
                                "{\"scope\":\"system\",\"type\":\"maintenance\",\"data\":\"Back at 18:00\"}")
                        .statusCode())
                .isEqualTo(200);

        anonymous.awaitData("Back at 18:00");
        assertThat(acme.awaitEvent().path("data").asText()).isEqualTo("Back at 18:00");
    }

    @Test
    void a_client_that_authenticates_receives_the_retained_events_of_its_user_and_no_repeated_ones() throws Exception {
        TestCluster.broadcast(cluster.node(0), "{\"scope\":\"user:ann\",\"data\":\"for ann\",\"retain\":true}");
        TestCluster.broadcast(cluster.node(0), "{\"scope\":\"topic:a\",\"data\":\"first\",\"retain\":true}");
        RawWebSocket client = new RawWebSocket(cluster.node(1).port(), "/ws?topic=a");
        open.add(client);
        client.awaitType("open");
        assertThat(client.awaitEvent().path("data").asText()).isEqualTo("first");

        client.text("{\"access_token\":\"" + tokenOf("ann", 600) + "\"}");

        client.awaitType("open");
        assertThat(client.awaitEvent().path("data").asText()).isEqualTo("for ann");
        TestCluster.broadcast(cluster.node(0), "{\"scope\":\"topic:a\",\"data\":\"second\"}");
        assertThat(client.awaitEvent().path("data").asText()).isEqualTo("second");
    }
}
