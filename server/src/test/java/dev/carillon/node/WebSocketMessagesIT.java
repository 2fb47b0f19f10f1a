package dev.carillon.node;

import static dev.carillon.node.TestCluster.broadcast;
import static dev.carillon.node.TestCluster.metric;
import static dev.carillon.node.TestCluster.token;
import static dev.carillon.node.TestCluster.tokenOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carillon.testkit.SseClient;
import dev.carillon.testkit.TestCertificate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The messages of {@code /ws} in both directions. Every one is checked against the schema in the documentation. */
class WebSocketMessagesIT {
    private static final AtomicInteger NUMBERS = new AtomicInteger();
    private static final String WS = "/ws";
    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }

    private TestCluster cluster(int size, Map<String, String> settings) {
        TestCluster cluster = new TestCluster("memory://messages-" + NUMBERS.incrementAndGet(), size, settings);
        open.add(cluster);
        return cluster;
    }

    /** Two nodes on which clients need a token. */
    private TestCluster strict(Map<String, String> more) {
        Map<String, String> settings = new java.util.HashMap<>(more);
        settings.put("anonymous", "false");
        return cluster(2, settings);
    }

    private RawWebSocket connect(Node node, String target, String... headers) throws IOException {
        RawWebSocket client = new RawWebSocket(node.port(), target, headers);
        open.add(client);
        return client;
    }

    /** A client with a token in its request. */
    private RawWebSocket connected(Node node, String target, String token) throws IOException {
        RawWebSocket client = connect(node, target, "Authorization: Bearer " + token);
        client.awaitType("open");
        return client;
    }

    private static String first(String token) {
        return "{\"access_token\":\"" + token + "\",\"ref\":\"first\"}";
    }

    private static String event(String scope, String data) {
        return "{\"scope\":\"" + scope + "\",\"data\":\"" + data + "\"}";
    }

    @Test
    void a_client_sends_its_token_first_and_receives_what_it_may_from_then_on() throws IOException {
        TestCluster cluster = strict(Map.of());
        RawWebSocket client = connect(cluster.node(0), WS + "?topic=a&route=/r");
        JsonNode hello = client.awaitType("hello");
        assertThat(hello.path("protocol").asText()).isEqualTo("carillon.v1");
        JsonNode wanted = client.awaitType("authenticate");
        assertThat(wanted.path("seconds").asInt()).isEqualTo(10);
        assertThat(metric(cluster.node(0), "carillon_connections_unauthenticated"))
                .isEqualTo(1);
        broadcast(cluster.node(1), event("topic:a", "too early"));
        broadcast(cluster.node(1), event("system", "too early for this too"));

        JsonNode opened = client.ask(first(tokenOf("ann", "acme")));

        assertThat(opened.path("status").asText()).isEqualTo("ok");
        assertThat(opened.path("connected").asBoolean()).isTrue();
        assertThat(opened.path("user").asText()).isEqualTo("ann");
        assertThat(opened.path("context").asText()).isNotEmpty();
        assertThat(client.skipped()).isEmpty();
        assertThat(metric(cluster.node(0), "carillon_connections_unauthenticated"))
                .isZero();
        TestCluster.post(cluster.node(1), tokenOf("bob", "acme"), event("user:ann", "for ann"));
        assertThat(client.awaitEvent().path("data").asText()).isEqualTo("for ann");
        TestCluster.post(cluster.node(0), tokenOf("bob", "other"), event("topic:a", "of another tenant"));
        TestCluster.post(cluster.node(1), tokenOf("bob", "acme"), event("topic:a", "for a"));
        JsonNode event = client.awaitEvent();
        assertThat(event.path("data").asText()).isEqualTo("for a");
        assertThat(event.path("scopes").toString()).isEqualTo("[\"topic:a\"]");
        TestCluster.post(cluster.node(1), tokenOf("bob", "acme"), event("route:/r", "for r"));
        assertThat(client.awaitEvent().path("data").asText()).isEqualTo("for r");
        assertThat(metric(cluster.node(0), "carillon_connections_open")).isEqualTo(1);
    }

    @Test
    void a_wrong_token_may_be_followed_by_two_more() throws IOException {
        TestCluster cluster = strict(Map.of());
        RawWebSocket second = connect(cluster.node(0), WS);
        JsonNode refused = second.ask(first("wrong"));
        assertThat(refused.path("status").asText()).isEqualTo("error");
        assertThat(refused.path("code").asText()).isEqualTo("token-invalid");
        assertThat(refused.path("detail").asText()).isNotEmpty().doesNotContain("wrong");
        assertThat(second.ask(first(token())).path("status").asText()).isEqualTo("ok");

        RawWebSocket client = connect(cluster.node(0), WS);
        for (int i = 0; i < 3; i++) {
            assertThat(client.ask(first("wrong")).path("code").asText()).isEqualTo("token-invalid");
        }
        RawWebSocket.Received close = client.awaitClose();
        assertThat(close.code()).isEqualTo(3000);
        assertThat(close.reason()).isEqualTo("unauthenticated");
        await().until(() -> metric(cluster.node(0), "carillon_connections_unauthenticated") == 0);
    }

    @Test
    void a_client_that_sends_no_token_in_time_is_closed() throws IOException {
        TestCluster cluster = strict(Map.of("authentication-timeout", "1s"));
        RawWebSocket client = connect(cluster.node(0), WS);
        client.awaitType("authenticate");
        // Whatever else it sends.
        assertThat(client.ask("{\"type\":\"ping\",\"ref\":1}").path("code").asText())
                .isEqualTo("token-missing");

        assertThat(client.awaitClose().reason()).isEqualTo("unauthenticated");
    }

    @Test
    void a_message_before_the_token_is_small() throws IOException {
        RawWebSocket client = connect(strict(Map.of()).node(0), WS);
        client.text(" ".repeat(20 * 1024 + 1));
        assertThat(client.awaitClose().code()).isEqualTo(1009);
    }

    @Test
    void the_number_of_clients_without_a_token_is_bounded() throws IOException {
        TestCluster cluster = strict(Map.of("max-unauthenticated", "2"));
        Node node = cluster.node(0);
        RawWebSocket one = connect(node, WS);
        RawWebSocket two = connect(node, WS);
        one.awaitType("authenticate");
        two.awaitType("authenticate");
        assertThat(connect(node, WS).head()).startsWith("HTTP/1.1 503 ").contains("Retry-After");
        // With a token in the request there is no such bound.
        connected(node, WS, token());

        assertThat(one.ask(first(token())).path("status").asText()).isEqualTo("ok");
        assertThat(connect(node, WS).head()).startsWith("HTTP/1.1 101 ");
        two.close();
        await().until(() -> metric(node, "carillon_connections_unauthenticated") == 1);

        Node none = strict(Map.of("max-unauthenticated", "0")).node(0);
        assertThat(connect(none, WS).head()).startsWith("HTTP/1.1 401 ");
    }

    @Test
    void a_client_that_was_open_without_a_token_keeps_its_topics_and_changes_its_tenant() throws IOException {
        TestCluster cluster = cluster(2, Map.of());
        RawWebSocket client = connect(cluster.node(0), WS + "?topic=a");
        JsonNode anonymous = client.awaitType("open");
        assertThat(anonymous.has("user")).isFalse();
        client.ask("{\"type\":\"subscribe\",\"ref\":1,\"topics\":[\"b\"]}");
        broadcast(cluster.node(1), event("topic:b", "public"));
        assertThat(client.awaitEvent().path("data").asText()).isEqualTo("public");

        JsonNode opened = client.ask(first(tokenOf("ann", "acme")));

        assertThat(opened.path("user").asText()).isEqualTo("ann");
        assertThat(opened.path("context").asText())
                .isNotEqualTo(anonymous.path("context").asText());
        broadcast(cluster.node(1), event("topic:a", "of the tenant that it left"));
        for (String topic : List.of("a", "b")) {
            TestCluster.post(cluster.node(1), tokenOf("bob", "acme"), event("topic:" + topic, topic));
            assertThat(client.awaitEvent().path("data").asText()).isEqualTo(topic);
        }
        assertThat(client.ask(first(tokenOf("ann", "acme"))).path("detail").asText())
                .contains("is authenticated already");
    }

    @ParameterizedTest
    @CsvSource({"Authorization: Bearer, header", "'Sec-WebSocket-Protocol: carillon.v1, carillon.authorization.', none"
    })
    void the_token_may_be_in_the_request(String header, String form) throws IOException {
        TestCluster cluster = strict(Map.of());
        String token = tokenOf("ann", "acme");
        RawWebSocket client = connect(cluster.node(0), WS, header + (form.equals("header") ? " " : "") + token);
        assertThat(client.head()).startsWith("HTTP/1.1 101 ").doesNotContain(token);
        assertThat(client.awaitType("open").path("user").asText()).isEqualTo("ann");
    }

    @Test
    void a_token_in_a_cookie_needs_a_trusted_origin() throws IOException {
        TestCluster cluster = strict(Map.of("cors-origins", "https://app.example"));
        String cookie = "Cookie: carillon_authorization=" + tokenOf("ann", "acme");
        Node node = cluster.node(0);
        assertThat(connect(node, WS, cookie).head()).startsWith("HTTP/1.1 403 ");
        assertThat(connect(node, WS, cookie, "Origin: https://evil.example").head())
                .startsWith("HTTP/1.1 403 ");
        RawWebSocket client = connect(node, WS, cookie, "Origin: https://app.example");
        assertThat(client.awaitType("open").path("user").asText()).isEqualTo("ann");
        String wrong = "Cookie: carillon_authorization=wrong";
        assertThat(connect(node, WS, wrong, "Origin: https://app.example").head())
                .startsWith("HTTP/1.1 401 ");
    }

    @Test
    void a_browser_keeps_its_session_when_it_sends_the_token_first() throws IOException {
        TestCluster cluster = strict(Map.of());
        String token = tokenOf("ann", "acme");
        RawWebSocket before = connect(cluster.node(0), WS, "Authorization: Bearer " + token);
        String cookie = String.valueOf(before.header("Set-Cookie")).split(";", 2)[0];
        String session = before.awaitType("open").path("session").asText();

        RawWebSocket same = connect(cluster.node(1), WS, "Cookie: " + cookie);
        assertThat(same.ask(first(token)).path("session").asText()).isEqualTo(session);
        RawWebSocket other = connect(cluster.node(1), WS, "Cookie: " + cookie);
        assertThat(other.ask(first(tokenOf("bob", "acme"))).path("session").asText())
                .isNotEqualTo(session);
    }

    @Test
    void a_context_is_resumed_by_its_owner_alone() throws IOException {
        TestCluster cluster = strict(Map.of());
        String token = tokenOf("ann", "acme");
        RawWebSocket before = connect(cluster.node(0), WS, "Authorization: Bearer " + token);
        String cookie = "Cookie: " + String.valueOf(before.header("Set-Cookie")).split(";", 2)[0];
        String context = before.awaitType("open").path("context").asText();
        before.close();
        await().until(() -> metric(cluster.node(0), "carillon_connections_open") == 0);

        RawWebSocket thief = connect(cluster.node(0), WS);
        String message = "{\"access_token\":\"%s\",\"ref\":1,\"context\":\"" + context + "\"}";
        assertThat(thief.ask(message.formatted(tokenOf("bob", "acme")))
                        .path("resumed")
                        .asBoolean())
                .isFalse();
        RawWebSocket owner = connect(cluster.node(0), WS, cookie);
        JsonNode resumed = owner.ask(message.formatted(token));
        assertThat(resumed.path("resumed").asBoolean()).isTrue();
        assertThat(resumed.path("context").asText()).isEqualTo(context);
    }

    @Test
    void subscriptions_change_while_the_connection_is_open() throws IOException {
        TestCluster cluster = cluster(2, Map.of());
        RawWebSocket client = connected(cluster.node(0), WS + "?topic=a", token());
        broadcast(cluster.node(1), "{\"scope\":\"topic:b\",\"data\":\"kept\",\"retain\":true}");

        client.text("{\"type\":\"subscribe\",\"ref\":\"s\",\"topics\":[\"b\",\"c\"],\"route\":\"/r\"}");
        JsonNode reply = client.awaitReply("s");
        assertThat(reply.path("status").asText()).isEqualTo("ok");
        // What is retained follows the reply.
        assertThat(client.awaitEvent().path("data").asText()).isEqualTo("kept");
        for (String scope : List.of("topic:a", "topic:b", "topic:c", "route:/r")) {
            broadcast(cluster.node(1), event(scope, scope));
            assertThat(client.awaitEvent().path("data").asText()).isEqualTo(scope);
        }
        client.ask("{\"type\":\"unsubscribe\",\"ref\":2,\"topics\":[\"b\",\"nothing\"],\"route\":\"/r\"}");
        for (String scope : List.of("topic:b", "route:/r", "topic:c")) {
            broadcast(cluster.node(1), event(scope, "then " + scope));
        }
        assertThat(client.awaitEvent().path("data").asText()).isEqualTo("then topic:c");
    }

    @Test
    void events_name_their_scopes_but_not_other_readers() throws IOException {
        TestCluster cluster = cluster(1, Map.of());
        RawWebSocket client = connected(cluster.node(0), WS + "?topic=a", tokenOf("ann", "default"));
        broadcast(cluster.node(0), "{\"scopes\":[\"topic:a\",\"user:bob\",\"topic:b\"],\"data\":\"x\",\"type\":\"t\"}");
        // A private event that the topic alone does not open to this client.
        broadcast(cluster.node(0), "{\"scopes\":[\"user:ann\",\"user:bob\"],\"data\":\"y\"}");
        broadcast(cluster.node(0), event("user:ann", "z"));

        JsonNode event = client.awaitEvent();
        assertThat(event.path("data").asText()).isEqualTo("y");
        assertThat(event.path("scopes").toString()).isEqualTo("[\"user\",\"user\"]");
        assertThat(client.awaitEvent().path("scopes").toString()).isEqualTo("[\"user:ann\"]");
    }

    @Test
    void missed_events_are_resumed_for_all_scopes_or_for_some() throws IOException {
        TestCluster cluster = cluster(2, Map.of());
        List<String> ids = new ArrayList<>();
        try (RawWebSocket before = new RawWebSocket(cluster.node(0).port(), WS + "?topic=a&topic=b")) {
            for (int i = 0; i < 10; i++) {
                broadcast(cluster.node(1), event(i % 2 == 0 ? "topic:a" : "topic:b", "event " + i));
                ids.add(before.awaitEvent().path("id").asText());
            }
        }

        RawWebSocket all = connected(cluster.node(1), WS, token());
        all.ask("{\"type\":\"subscribe\",\"ref\":1,\"topics\":[\"a\",\"b\"],\"after\":\"" + ids.get(4) + "\"}");
        assertThat(data(all, 5)).isEqualTo(events(5, 6, 7, 8, 9));
        all.ask("{\"type\":\"resume\",\"ref\":2,\"after\":\"" + ids.get(7) + "\"}");
        assertThat(data(all, 2)).isEqualTo(events(8, 9));

        RawWebSocket some = connected(cluster.node(0), WS + "?topic=b", token());
        some.text("{\"type\":\"resume\",\"ref\":3,\"scopes\":{\"topic:a\":\"" + ids.get(6) + "\",\"topic:b\":\""
                + ids.get(5) + "\"}}");
        assertThat(data(some, 3)).isEqualTo(events(7, 8, 9));
        some.awaitReply(3);
        broadcast(cluster.node(1), event("topic:a", "live"));
        assertThat(some.awaitEvent().path("data").asText()).isEqualTo("live");
        assertThat(some.ask("{\"type\":\"resume\",\"ref\":4,\"scopes\":{\"user:bob\":\"" + ids.get(5) + "\"}}")
                        .path("code")
                        .asText())
                .isEqualTo("not-granted");
        some.text("{\"type\":\"resume\",\"ref\":5,\"after\":\"an id that never was\"}");
        assertThat(some.awaitType("gap").path("reason").asText()).isEqualTo("unknown");
    }

    @Test
    void scopes_resumed_from_different_positions_are_in_one_order_and_without_doubles() throws IOException {
        TestCluster cluster = cluster(2, Map.of());
        List<String> ids = new ArrayList<>();
        try (RawWebSocket before = new RawWebSocket(cluster.node(0).port(), WS + "?topic=a&topic=b&topic=c")) {
            for (int i = 0; i < 12; i++) {
                String scopes = List.of("\"topic:a\"", "\"topic:b\"", "\"topic:a\",\"topic:b\"")
                        .get(i % 3);
                broadcast(cluster.node(1), "{\"scopes\":[" + scopes + "],\"data\":\"event " + i + "\"}");
                ids.add(before.awaitEvent().path("id").asText());
            }
        }
        // Of a everything after 2, of b everything after 8: 3 (a), 5 (a, as b has it already), 6 (a), 8 (a), then all.
        RawWebSocket client = connected(cluster.node(0), WS + "?topic=b&topic=c", token());
        client.text("{\"type\":\"resume\",\"ref\":1,\"scopes\":{\"topic:a\":\"" + ids.get(2) + "\",\"topic:b\":\""
                + ids.get(8) + "\",\"topic:c\":\"an id that never was\"}}");

        assertThat(data(client, 7)).isEqualTo(events(3, 5, 6, 8, 9, 10, 11));
        assertThat(client.awaitType("gap").path("reason").asText()).isEqualTo("unknown");
        client.awaitReply(1);
        for (String scope : List.of("topic:c", "topic:a", "topic:b")) {
            broadcast(cluster.node(1), event(scope, "live " + scope));
        }
        assertThat(data(client, 3)).containsExactly("live topic:c", "live topic:a", "live topic:b");
    }

    private static List<String> events(int... numbers) {
        return IntStream.of(numbers).mapToObj(i -> "event " + i).toList();
    }

    private static List<String> data(RawWebSocket client, int count) throws IOException {
        List<String> data = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            data.add(client.awaitEvent().path("data").asText());
        }
        return data;
    }

    @Test
    void a_client_with_the_grant_broadcasts() throws IOException {
        TestCluster cluster = cluster(2, Map.of());
        RawWebSocket client = connected(
                cluster.node(0), WS, token(List.of("topic:room/*"), List.of(), builder -> builder.subject("ann")));
        try (SseClient other =
                SseClient.open(cluster.node(1).port(), "/events?topic=room/1").opened()) {
            String message =
                    "{\"type\":\"broadcast\",\"ref\":1,\"scope\":\"topic:room/1\",\"event\":\"t\",\"data\":\"hello\",\"idempotency_key\":\"k\"}";
            JsonNode reply = client.ask(message);
            assertThat(reply.path("status").asText()).isEqualTo("ok");
            other.awaitData("hello");
            assertThat(other.all().getLast().type()).isEqualTo("t");
            assertThat(other.all().getLast().id()).isEqualTo(reply.path("id").asText());
            // Repeated: the same answer, delivered once.
            assertThat(client.ask(message).path("id")).isEqualTo(reply.path("id"));
            assertThat(client.ask(message.replace("hello", "other"))
                            .path("code")
                            .asText())
                    .isEqualTo("id-conflict");
            assertThat(client.ask(message.replace("room/1", "hall"))
                            .path("code")
                            .asText())
                    .isEqualTo("not-granted");
            client.ask(message.replace("hello", "end").replace("\"k\"", "\"l\""));
            other.awaitData("end");
            assertThat(other.data()).isEqualTo(List.of("hello", "end"));
        }
        RawWebSocket reader = connected(cluster.node(0), WS, token(List.of(), List.of("*"), builder -> builder));
        assertThat(reader.ask("{\"type\":\"broadcast\",\"ref\":1,\"scope\":\"topic:a\",\"data\":\"x\"}")
                        .path("code")
                        .asText())
                .isEqualTo("not-granted");
    }

    @Test
    void a_token_is_renewed_on_the_open_connection() throws IOException {
        // With the default interval of pings: the renewed client reads nothing while the other one expires.
        TestCluster cluster = strict(Map.of());
        Instant end = Instant.ofEpochSecond(Instant.now().getEpochSecond() + 3);
        String brief = token(List.of("*"), List.of(), b -> b.subject("ann").expiration(Date.from(end)));
        RawWebSocket renewed = connected(cluster.node(0), WS, brief);
        RawWebSocket expired = connected(cluster.node(0), WS, brief);
        assertThat(renewed.awaitType("token").path("expires_in").asInt()).isBetween(0, 3);

        String renew = "{\"type\":\"renew\",\"ref\":1,\"access_token\":\"%s\"}";
        assertThat(renewed.ask(renew.formatted(tokenOf("bob", "default")))
                        .path("code")
                        .asText())
                .isEqualTo("token-invalid");
        JsonNode reply = renewed.ask(renew.formatted(token(List.of("*"), List.of(), b -> b.subject("ann"))));
        assertThat(reply.path("expires_in").asInt()).isBetween(500, 600);

        RawWebSocket.Received close = expired.awaitClose();
        assertThat(close.code()).isEqualTo(3000);
        assertThat(close.reason()).isEqualTo("expired");
        assertThat(Instant.now()).isAfterOrEqualTo(end);
        renewed.ask("{\"type\":\"ping\",\"ref\":2}");
    }

    @Test
    void pings_name_the_last_event_that_the_client_should_have() throws IOException {
        TestCluster cluster = cluster(1, Map.of("ping-interval", "1s"));
        RawWebSocket client = connected(cluster.node(0), WS + "?topic=a", token());
        JsonNode before = client.awaitType("ping");
        assertThat(before.has("id")).isFalse();

        broadcast(cluster.node(0), "{\"scope\":\"topic:a\",\"data\":\"x\",\"id\":\"mine\"}");
        client.awaitEvent();
        JsonNode ping = client.awaitType("ping");
        assertThat(ping.path("id").asText()).isEqualTo("mine");
        assertThat(client.ask("{\"type\":\"ping\",\"ref\":1}").path("cursor")).isEqualTo(ping.path("cursor"));
        broadcast(cluster.node(0), event("topic:a", "missed"));
        client.awaitEvent();
        RawWebSocket after = connected(
                cluster.node(0),
                WS + "?topic=a&lastEventID=" + ping.path("cursor").asText(),
                token());
        assertThat(after.awaitEvent().path("data").asText()).isEqualTo("missed");
    }

    @Test
    void a_client_that_answers_no_pings_is_closed() throws IOException {
        TestCluster cluster = cluster(1, Map.of("ping-interval", "1s"));
        RawWebSocket silent = connected(cluster.node(0), WS, token()).withoutPongs();
        RawWebSocket lively = connected(cluster.node(0), WS, token());
        Thread reader = Thread.ofVirtual().start(() -> {
            try {
                lively.awaitType("gap");
            } catch (IOException e) {
                // Closed below.
            }
        });

        RawWebSocket.Received close = silent.awaitClose();

        assertThat(close.code()).isEqualTo(3008);
        assertThat(close.reason()).isEqualTo("ping-timeout");
        assertThat(reader.isAlive()).isTrue();
        await().until(() -> metric(cluster.node(0), "carillon_connections_open") == 1);
    }

    @Test
    void event_streams_have_pings_and_the_warning_too() throws IOException {
        TestCluster cluster = cluster(1, Map.of("ping-interval", "1s"));
        String brief = token(
                List.of(), List.of(), b -> b.expiration(Date.from(Instant.now().plusSeconds(30))));
        try (SseClient client = SseClient.open(cluster.node(0).port(), "/events?topic=a&ping=true", Hub.bearer(brief))
                .opened()) {
            broadcast(cluster.node(0), "{\"scope\":\"topic:a\",\"data\":\"x\",\"id\":\"mine\"}");
            await().until(() -> client.all().stream()
                    .anyMatch(e -> "carillon.ping".equals(e.type()) && e.data().contains("\"id\":\"mine\"")));
            assertThat(client.all())
                    .anyMatch(e -> "carillon.token".equals(e.type()) && e.data().startsWith("{\"expires_in\":"));
        }
        assertThat(TestCluster.get(cluster.node(0).port(), "/events?ping=yes").body())
                .contains("parameter ping: must be true or false");
        assertThat(TestCluster.get(cluster.node(0).port(), "/ws?ping=true").body())
                .contains("parameter ping: is unknown");
    }

    @Test
    void nothing_between_a_position_and_a_stream_from_it_is_missing() throws IOException {
        TestCluster cluster = cluster(2, Map.of());
        broadcast(cluster.node(0), event("topic:a", "in the state already"));
        String answer = TestCluster.get(cluster.node(1).port(), "/position?scope=topic:a")
                .body();
        String cursor = answer.replaceAll(".*\"(cursor:[^\"]+)\".*", "$1");
        broadcast(cluster.node(0), event("topic:a", "between"));

        RawWebSocket client = connected(cluster.node(1), WS + "?topic=a&lastEventID=" + cursor, token());
        assertThat(client.awaitEvent().path("data").asText()).isEqualTo("between");
        broadcast(cluster.node(0), event("topic:a", "live"));
        assertThat(client.awaitEvent().path("data").asText()).isEqualTo("live");
        // A log without events has a position, too.
        String empty = TestCluster.send(java.net.http.HttpRequest.newBuilder(java.net.URI.create(
                                "http://127.0.0.1:" + cluster.node(0).port() + "/position?scope=topic:a"))
                        .header("Authorization", "Bearer " + tokenOf("ann", "empty"))
                        .build())
                .body();
        TestCluster.post(cluster.node(1), tokenOf("ann", "empty"), event("topic:a", "first"));
        RawWebSocket firsts = connected(
                cluster.node(0),
                WS + "?topic=a&lastEventID=" + empty.replaceAll(".*\"(cursor:[^\"]+)\".*", "$1"),
                tokenOf("ann", "empty"));
        assertThat(firsts.awaitEvent().path("data").asText()).isEqualTo("first");
        assertThat(firsts.skipped())
                .noneMatch(json -> json.path("type").asText().equals("gap"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "no JSON|invalid-request|message: is not JSON",
                "[1]|invalid-request|message: must be a JSON object",
                "{}|invalid-request|message: member \"type\": is required",
                "{\"type\":\"sing\"}|invalid-request|\"sing\" is unknown; known types are authenticate, subscribe",
                "{\"type\":\"subscribe\",\"topic\":\"a\"}|invalid-request|member \"topic\": is unknown; known members are after, ref",
                "{\"type\":\"subscribe\"}|invalid-request|must have \"topics\" or \"route\"",
                "{\"type\":\"subscribe\",\"topics\":\"a\"}|invalid-request|member \"topics\": must be a list of 0 to 1000 strings",
                "{\"type\":\"subscribe\",\"topics\":[1]}|invalid-request|member \"topics\": must hold strings",
                "{\"type\":\"subscribe\",\"route\":\"r\"}|invalid-scope|must begin with /",
                "{\"type\":\"subscribe\",\"topics\":[\"a\"],\"after\":\"\"}|invalid-request|member \"after\": must be the id of an event or a cursor",
                "{\"type\":\"ping\",\"ref\":{}}|invalid-request|member \"ref\": must be a whole number or a string of at most 64 characters",
                "{\"type\":\"ping\",\"type\":\"ping\"}|invalid-request|message: is not JSON: Duplicate",
                "{\"type\":\"resume\"}|invalid-request|must have either \"after\" or \"scopes\"",
                "{\"type\":\"resume\",\"scopes\":{}}|invalid-request|member \"scopes\": must be an object",
                "{\"type\":\"resume\",\"scopes\":{\"x\":\"y\"}}|invalid-scope|x",
                "{\"type\":\"broadcast\",\"data\":\"x\"}|invalid-request|must have either \"scope\" or \"scopes\"",
                "{\"type\":\"broadcast\",\"scope\":\"topic:a\",\"privat\":true}|invalid-request|member \"privat\": is unknown",
                "{\"type\":\"broadcast\",\"scope\":\"topic:a\",\"event\":\"carillon.gap\"}|invalid-event|carillon.",
                "{\"type\":\"broadcast\",\"scope\":\"topic:a\",\"idempotency_key\":\"\"}|invalid-request|must be 1 to 255 printable",
                "{\"type\":\"renew\"}|invalid-request|member \"access_token\": is required",
            })
    void a_wrong_message_is_answered_with_what_was_wrong_and_changes_nothing(String message, String code, String detail)
            throws IOException {
        RawWebSocket client = connected(cluster(1, Map.of()).node(0), WS, token());
        client.text(message);
        JsonNode reply = client.awaitType("reply");
        assertThat(reply.path("status").asText()).isEqualTo("error");
        assertThat(reply.path("code").asText()).isEqualTo(code);
        assertThat(reply.path("detail").asText()).contains(detail);
        client.ask("{\"type\":\"ping\",\"ref\":1}");
    }

    @Test
    void what_happens_while_a_client_authenticates_in_its_tenant_is_not_missed() throws IOException {
        TestCluster cluster = cluster(2, Map.of());
        RawWebSocket client = connect(cluster.node(0), WS + "?topic=a");
        client.awaitType("open");
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            expected.add("event " + i);
            broadcast(cluster.node(1), event("topic:a", "event " + i));
            if (i == 25) {
                client.text(first(tokenOf("ann", "default")));
            }
        }
        assertThat(data(client, 50)).isEqualTo(expected);
    }

    /** More than sockets hold: the node still writes them when the messages come. */
    @Test
    void a_client_may_send_messages_from_open_on_while_it_receives_what_it_missed() throws IOException {
        TestCluster cluster = strict(Map.of());
        String id = new ObjectMapper()
                .readTree(broadcast(cluster.node(1), event("topic:a", "received")))
                .path("id")
                .asText();
        for (int i = 0; i < 200; i++) {
            broadcast(cluster.node(1), event("topic:a", "x".repeat(50_000)));
        }
        RawWebSocket client = connect(cluster.node(0), WS + "?topic=a&lastEventID=" + id);
        client.awaitType("authenticate");

        assertThat(client.ask(first(tokenOf("ann", "default"))).path("type").asText())
                .isEqualTo("open");
        client.text("{\"type\":\"subscribe\",\"ref\":1,\"topics\":[\"b\"]}");
        client.text("{\"type\":\"resume\",\"ref\":2,\"scopes\":{\"user:ann\":\"" + id + "\"}}");
        client.text("{\"type\":\"broadcast\",\"ref\":3,\"scope\":\"topic:c\",\"data\":\"" + "x".repeat(30_000) + "\"}");

        for (int i = 0; i < 3; i++) {
            JsonNode reply = client.awaitType("reply");
            assertThat(reply.path("status").asText()).as(reply.toString()).isEqualTo("ok");
        }
        broadcast(cluster.node(1), event("topic:b", "for b"));
        client.await(json -> json.path("data").asText().equals("for b"));
    }

    @Test
    void a_client_that_floods_the_node_is_closed() throws IOException {
        TestCluster cluster = cluster(1, Map.of("requests-per-address", "10"));
        RawWebSocket client = connect(cluster.node(0), WS);
        client.awaitType("open");
        for (int i = 0; i < 100; i++) {
            client.send(RawWebSocket.frame(RawWebSocket.FIN | RawWebSocket.PING, "x"));
        }
        RawWebSocket.Received close = client.awaitClose();
        assertThat(close.code()).isEqualTo(1013);
    }

    @Test
    void everything_is_the_same_over_tls_at_the_node(@TempDir Path dir) throws Exception {
        TestCertificate certificate = TestCertificate.make(dir, "ec", "EC");
        Map<String, String> settings = new java.util.HashMap<>(certificate.settings());
        settings.put("anonymous", "false");
        TestCluster cluster = cluster(1, settings);
        Socket socket = certificate
                .client()
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), cluster.node(0).port());
        RawWebSocket client = new RawWebSocket(socket, WS + "?topic=a", "Sec-WebSocket-Extensions: permessage-deflate");
        open.add(client);
        assertThat(client.ask(first(tokenOf("ann", "default"))).path("status").asText())
                .isEqualTo("ok");

        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            // Not compressible, so that the socket is full at times.
            String data = i + " "
                    + new java.util.Random(i)
                            .ints(i * 2_000L, 'a', 'z' + 1)
                            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append);
            expected.add(data);
            client.send(RawWebSocket.frame(
                    RawWebSocket.FIN | RawWebSocket.RSV1 | RawWebSocket.TEXT,
                    RawWebSocket.deflated(("{\"type\":\"broadcast\",\"scope\":\"topic:a\",\"data\":\"" + data + "\"}")
                            .getBytes(StandardCharsets.UTF_8))));
        }
        assertThat(data(client, 20)).isEqualTo(expected);
        client.send(RawWebSocket.frame(RawWebSocket.FIN | RawWebSocket.CLOSE, ""));
        client.awaitClose();
        await().until(() -> metric(cluster.node(0), "carillon_connections_open") == 0);
    }
}
