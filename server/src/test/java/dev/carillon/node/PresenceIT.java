package dev.carillon.node;

import static dev.carillon.node.TestCluster.token;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carillon.testkit.SseClient;
import dev.carillon.webhook.Receiver;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The users in a scope, over HTTP and WebSocket on two nodes, and the webhooks about it. */
class PresenceIT {
    private final Receiver receiver = new Receiver();
    private TestCluster cluster;
    private final List<AutoCloseable> open = new ArrayList<>();

    @BeforeEach
    void start() {
        cluster = new TestCluster(
                "memory://presence-" + System.nanoTime(),
                2,
                Map.of(
                        "scope-policies",
                        "topic:secret*=100/10m/presence-private,topic:quiet*=100/10m,topic:*=1000/10m/presence,route:*=1000/10m/presence",
                        "presence-grace",
                        "500ms",
                        "webhook-url",
                        receiver.url().toString(),
                        "webhook-secret",
                        "a secret of webhooks"));
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
        cluster.close();
        receiver.close();
    }

    private static String user(String name, String... read) {
        return token(
                List.of("topic:*"),
                List.of(),
                b -> b.subject(name)
                        .claim(
                                "carillon",
                                Map.of(
                                        "broadcast",
                                        List.of("topic:*"),
                                        "read",
                                        List.of(read),
                                        "user_data",
                                        Map.of("name", name + "'s name"))));
    }

    private RawWebSocket socket(int node, String target, String token) throws IOException {
        RawWebSocket client = new RawWebSocket(cluster.node(node).port(), target, "Authorization: Bearer " + token);
        open.add(client);
        client.awaitType("open");
        return client;
    }

    private SseClient stream(int node, String target, String token) {
        SseClient client = SseClient.open(cluster.node(node).port(), target, Hub.bearer(token))
                .opened();
        open.add(client);
        return client;
    }

    private HttpResponse<String> get(int node, String query, String token) {
        return TestCluster.send(HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + cluster.node(node).port() + "/presence?" + query))
                .header("Authorization", "Bearer " + token)
                .build());
    }

    private JsonNode list(int node, String query, String token) {
        HttpResponse<String> answer = get(node, query, token);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        try {
            return new ObjectMapper().readTree(answer.body());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private List<String> names(String scope, String token) {
        return StreamSupport.stream(
                        list(1, "scope=" + scope, token).path("users").spliterator(), false)
                .map(each -> each.path("user").asText())
                .toList();
    }

    @Test
    void clients_of_a_scope_receive_who_joins_and_leaves_and_the_application_does_too() throws Exception {
        RawWebSocket ann = socket(0, "/ws?topic=room", user("ann"));
        assertThat(ann.awaitEvent().path("data").path("user").asText()).isEqualTo("ann");
        SseClient first = stream(1, "/events?topic=room", user("bob"));
        SseClient second = stream(0, "/events?topic=room", user("bob"));

        JsonNode joined = ann.awaitEvent();
        await().until(() -> names("topic:room", user("ann")).equals(List.of("ann", "bob")));
        JsonNode users = list(0, "scope=topic:room", user("ann"));
        second.close();
        first.close();
        JsonNode left = ann.awaitEvent();

        assertThat(joined.path("event").asText()).isEqualTo("carillon.join");
        assertThat(joined.path("scopes").get(0).asText()).isEqualTo("topic:room");
        assertThat(joined.path("data").toString()).isEqualTo("{\"user\":\"bob\",\"data\":{\"name\":\"bob's name\"}}");
        assertThat(left.path("event").asText()).isEqualTo("carillon.leave");
        assertThat(left.path("data").toString()).isEqualTo("{\"user\":\"bob\"}");
        assertThat(users.path("count").asInt()).isEqualTo(2);
        assertThat(users.path("truncated").asBoolean()).isFalse();
        assertThat(users.path("users").get(1).toString())
                .isEqualTo("{\"user\":\"bob\",\"data\":{\"name\":\"bob's name\"}}");
        assertThat(first.all().stream()
                        .filter(event -> "carillon.join".equals(event.type()))
                        .map(SseClient.Received::data))
                .contains("{\"user\":\"bob\",\"data\":{\"name\":\"bob's name\"}}");
        ann.close();
        await().until(() -> receiver.texts()
                .equals(List.of("occupied", "joined ann", "joined bob", "left bob", "left ann", "vacated")));
        assertThat(receiver.changes().get(2).path("data").path("name").asText()).isEqualTo("bob's name");
        assertThat(receiver.changes().get(2).path("scope").asText()).isEqualTo("topic:room");
        assertThat(receiver.changes().get(2).path("tenant").asText()).isEqualTo("default");
    }

    @Test
    void stream_from_the_cursor_of_the_list_has_every_later_change() throws Exception {
        RawWebSocket ann = socket(0, "/ws?topic=room", user("ann"));
        ann.awaitEvent();
        String cursor = list(1, "scope=topic:room", user("ann")).path("cursor").asText();
        RawWebSocket bob = socket(1, "/ws?topic=room", user("bob"));
        bob.awaitEvent();

        SseClient late = stream(0, "/events?topic=room&lastEventID=" + cursor, user("carl"));

        await().until(() -> late.all().stream()
                        .filter(event -> "carillon.join".equals(event.type()))
                        .count()
                == 2);
        assertThat(late.all().stream()
                        .filter(event -> "carillon.join".equals(event.type()))
                        .map(SseClient.Received::data))
                .satisfiesExactly(
                        data -> assertThat(data).contains("\"bob\""),
                        data -> assertThat(data).contains("\"carl\""));
    }

    @Test
    void scopes_that_an_open_connection_adds_and_removes_count_from_then_on() throws Exception {
        RawWebSocket ann = socket(0, "/ws?topic=other", user("ann"));
        ann.ask("{\"type\":\"subscribe\",\"ref\":1,\"topics\":[\"room\"],\"route\":\"/page\"}");
        await().until(() -> names("topic:room", user("bob")).equals(List.of("ann")));
        await().until(() -> names("route:/page", user("bob")).equals(List.of("ann")));

        ann.ask("{\"type\":\"unsubscribe\",\"ref\":2,\"topics\":[\"room\"]}");

        await().until(() -> names("topic:room", user("bob")).isEmpty());
        assertThat(names("topic:other", user("bob"))).containsExactly("ann");
        assertThat(names("route:/page", user("bob"))).containsExactly("ann");
    }

    @Test
    void client_that_sends_its_token_later_joins_as_its_user() throws Exception {
        RawWebSocket client = new RawWebSocket(cluster.node(0).port(), "/ws?topic=room");
        open.add(client);
        client.awaitType("open");
        assertThat(names("topic:room", user("bob"))).isEmpty();

        client.ask("{\"access_token\":\"" + user("ann") + "\",\"ref\":1}");

        await().until(() -> names("topic:room", user("bob")).equals(List.of("ann")));
    }

    @Test
    void revoked_user_leaves() throws Exception {
        RawWebSocket ann = socket(
                0,
                "/ws?topic=room",
                token(List.of(), List.of(), b -> b.subject("ann").id("1")));
        await().until(() -> names("topic:room", user("bob")).equals(List.of("ann")));

        TestCluster.send(HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + cluster.node(1).adminPort() + "/admin/revoke"))
                .header("Authorization", "Bearer " + TestCluster.OPERATOR)
                .POST(HttpRequest.BodyPublishers.ofString("{\"user\":\"ann\"}"))
                .build());

        assertThat(ann.awaitClose().reason()).isEqualTo("revoked");
        await().until(() -> names("topic:room", user("bob")).isEmpty());
    }

    @Test
    void private_presence_is_only_for_clients_with_a_grant() throws Exception {
        RawWebSocket reader = socket(0, "/ws?topic=secret", user("reader", "topic:secret"));
        SseClient other = stream(0, "/events?topic=secret", user("other"));
        reader.awaitEvent();
        assertThat(reader.awaitEvent().path("data").path("user").asText()).isEqualTo("other");

        assertThat(get(0, "scope=topic:secret", user("other")).statusCode()).isEqualTo(403);
        assertThat(names("topic:secret", user("reader", "topic:secret"))).containsExactly("other", "reader");
        TestCluster.broadcast(cluster.node(0), "{\"scope\":\"topic:secret\",\"data\":\"after\"}");
        other.awaitData("after");
        assertThat(other.all())
                .extracting(event -> String.valueOf(event.type()))
                .doesNotContain("carillon.join");
    }

    @Test
    void another_tenant_sees_none_of_it() throws Exception {
        RawWebSocket ann = socket(0, "/ws?topic=room", user("ann"));
        ann.awaitEvent();
        RawWebSocket acme = socket(0, "/ws?topic=room", TestCluster.tokenOf("ann", "acme"));

        JsonNode own = acme.awaitEvent();

        assertThat(own.path("data").toString()).isEqualTo("{\"user\":\"ann\"}");
        assertThat(list(1, "scope=topic:room", TestCluster.tokenOf("bob", "acme"))
                        .path("users")
                        .toString())
                .isEqualTo("[{\"user\":\"ann\"}]");
        assertThat(acme.skipped()).noneMatch(each -> each.toString().contains("name"));
    }

    @Test
    void list_says_when_it_is_truncated() throws Exception {
        for (String name : List.of("ann", "bob", "carl")) {
            RawWebSocket client = socket(0, "/ws?topic=room", user(name));
            client.awaitEvent();
        }

        JsonNode two = list(1, "scope=topic:room&limit=2", user("bob"));

        assertThat(two.path("count").asInt()).isEqualTo(3);
        assertThat(two.path("users")).hasSize(2);
        assertThat(two.path("truncated").asBoolean()).isTrue();
        assertThat(list(1, "scope=topic:room&limit=0", user("bob")).path("users"))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "limit=1|parameter scope: must be given once",
                "scope=topic:a&scope=topic:b|parameter scope: must be given once",
                "scope=user:ann|parameter scope: user:ann has no presence",
                "scope=topic:quiet|parameter scope: topic:quiet has no presence",
                "scope=system|parameter scope: system has no presence",
                "scope=topic:a&limit=10001|parameter limit: must be a whole number from 0 to 10000",
                "scope=topic:a&limit=-1|parameter limit: must be",
                "topic=a|give scope=topic:",
                "scope=topi:a|topi",
            })
    void wrong_request_is_refused_with_what_was_wrong(String query, String detail) {
        HttpResponse<String> answer = get(0, query, user("ann"));

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        assertThat(answer.body()).contains(detail);
    }

    @Test
    void no_broadcaster_can_claim_that_a_user_joined() throws Exception {
        String forged = "{\"scope\":\"topic:room\",\"type\":\"carillon.join\",\"data\":{\"user\":\"eve\"}}";
        RawWebSocket ann = socket(0, "/ws?topic=room", user("ann"));
        ann.awaitEvent();

        assertThat(TestCluster.post(cluster.node(0), token(), forged).statusCode())
                .isEqualTo(400);
        assertThat(TestCluster.post(cluster.node(0), token(), "[" + forged + "]")
                        .body())
                .contains("invalid-event");
        assertThat(ann.ask(forged.replace("{\"scope\"", "{\"ref\":1,\"scope\"")
                                .replace("\"type\":\"c", "\"event\":\"c")
                                .replace("{\"ref\"", "{\"type\":\"broadcast\",\"ref\""))
                        .path("code")
                        .asText())
                .isEqualTo("invalid-event");
        HttpResponse<String> hub = TestCluster.send(HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + cluster.node(0).port() + "/.well-known/mercure"))
                .header("Authorization", "Bearer " + Hub.token(List.of("*"), List.of()))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString("topic=room&type=carillon.join&data="
                        + URLEncoder.encode("{\"user\":\"eve\"}", StandardCharsets.UTF_8)))
                .build());
        assertThat(hub.statusCode()).isEqualTo(400);
        assertThat(names("topic:room", user("ann"))).containsExactly("ann");
    }

    @Test
    void token_with_too_much_data_of_its_user_is_refused() {
        String large = token(
                List.of(),
                List.of(),
                b -> b.subject("ann").claim("carillon", Map.of("user_data", Map.of("x", "x".repeat(1_100)))));

        HttpResponse<String> answer = get(0, "scope=topic:a", large);

        assertThat(answer.statusCode()).isEqualTo(401);
        assertThat(answer.body()).contains("claim carillon.user_data: must be an object of at most 1024 bytes");
    }
}
