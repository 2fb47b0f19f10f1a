package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carillon.testkit.SseClient;
import java.io.ByteArrayOutputStream;
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
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Rights of open connections while their clients and the application change them at the same time. */
class StreamRightsIT {
    private static final String ANN = "ticket of ann";

    /** Topics that Ann may read. */
    private final Set<String> readable = ConcurrentHashMap.newKeySet();

    private final TestApplication application = new TestApplication(this::answer);
    private final List<AutoCloseable> open = new CopyOnWriteArrayList<>();
    private final Node node = node();

    private String answer(JsonNode question) {
        return switch (question.path("question").asText()) {
            case "connect", "recheck" -> "{\"allow\":true,\"user\":\"ann\",\"ask\":[\"read\"]}";
            default ->
                StreamSupport.stream(question.path("scopes").spliterator(), false)
                        .map(JsonNode::asText)
                        .filter(readable::contains)
                        .map(scope -> "\"" + scope + "\"")
                        .collect(Collectors.joining(",", "{\"allow\":[", "]}"));
        };
    }

    private Node node() {
        TestCluster cluster = new TestCluster(
                "memory://rights-" + System.nanoTime(), 1, application.settings("authorizer-cache", "1h"));
        open.add(cluster);
        return cluster.node(0);
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
        application.close();
    }

    private SseClient stream(String target) {
        SseClient client = SseClient.open(node.port(), target, Hub.bearer(ANN));
        open.add(client);
        return client.opened();
    }

    private RawWebSocket socket(String target, String... headers) throws IOException {
        RawWebSocket client = new RawWebSocket(node.port(), target, headers);
        open.add(client);
        client.awaitType("open");
        return client;
    }

    private void broadcast(String topic, String data, boolean isPrivate) {
        TestCluster.broadcast(
                node, "{\"scope\":\"topic:" + topic + "\",\"data\":\"" + data + "\",\"private\":" + isPrivate + "}");
    }

    private void invalidateAll() {
        HttpResponse<String> answer = TestCluster.send(HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + node.adminPort() + "/admin/authorizer/invalidate"))
                .header("Authorization", "Bearer " + TestCluster.OPERATOR)
                .POST(HttpRequest.BodyPublishers.ofString("{\"all\":true}"))
                .build());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    @Test
    void a_renewed_stream_keeps_the_scopes_that_the_application_allowed() {
        readable.add("topic:a");
        SseClient stream = stream("/events?topic=a");
        String cookie = String.valueOf(stream.header("Set-Cookie")).split(";", 2)[0];
        HttpRequest.Builder renewal =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + "/events/renew"));
        Map.of("Authorization", "Bearer " + ANN, "Cookie", cookie).forEach(renewal::header);

        HttpResponse<String> answer = TestCluster.send(
                renewal.POST(HttpRequest.BodyPublishers.ofString("{\"context\":\"" + stream.opening("context") + "\"}"))
                        .build());

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        broadcast("a", "1", true);
        broadcast("a", "2", false);
        stream.awaitData("2");
        assertThat(stream.data()).containsExactly("1", "2");
    }

    @Test
    void a_scope_that_is_being_added_during_authentication_is_not_joined_undecided() throws Exception {
        readable.add("topic:a");
        RawWebSocket socket = socket("/ws?topic=a");
        ByteArrayOutputStream both = new ByteArrayOutputStream();
        both.writeBytes(RawWebSocket.frame(0x81, "{\"type\":\"subscribe\",\"ref\":1,\"topics\":[\"secret\"]}"));
        both.writeBytes(RawWebSocket.frame(0x81, "{\"ref\":2,\"access_token\":\"" + ANN + "\"}"));

        socket.send(both.toByteArray());

        assertThat(socket.awaitType("unsubscribed").path("scopes").toString()).isEqualTo("[\"topic:secret\"]");
        broadcast("secret", "hidden", false);
        broadcast("a", "1", true);
        assertThat(socket.awaitEvent().path("data").asText()).isEqualTo("1");
        assertThat(socket.ask("{\"type\":\"subscribe\",\"ref\":3,\"topics\":[\"secret\"]}")
                        .path("code")
                        .asText())
                .isEqualTo("not-granted");
    }

    @Test
    void a_scope_that_is_being_added_while_the_token_is_replaced_misses_no_private_event() throws Exception {
        readable.addAll(Set.of("topic:a", "topic:b"));
        RawWebSocket socket = socket("/ws?topic=a", "Authorization: Bearer " + ANN);
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch renewed = new CountDownLatch(1);
        application.answers(question -> {
            if (question.path("scopes").toString().contains("topic:b") && renewed.getCount() > 0) {
                asked.countDown();
                try {
                    renewed.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
            return answer(question);
        });
        socket.text("{\"type\":\"subscribe\",\"ref\":1,\"topics\":[\"b\"]}");
        asked.await();
        JsonNode renewal = socket.ask("{\"type\":\"renew\",\"ref\":2,\"access_token\":\"next " + ANN + "\"}");
        assertThat(renewal.path("status").asText()).as(renewal.toString()).isEqualTo("ok");

        renewed.countDown();

        assertThat(socket.awaitType("reply").path("status").asText()).isEqualTo("ok");
        broadcast("b", "1", true);
        broadcast("a", "2", false);
        assertThat(socket.awaitEvent().path("data").asText()).isEqualTo("1");
    }

    @Test
    void a_client_cannot_delay_the_withdrawal_of_a_scope_by_changes_of_its_own() throws Exception {
        readable.addAll(Set.of("topic:a", "topic:b"));
        RawWebSocket socket = socket("/ws?topic=a&topic=b", "Authorization: Bearer " + ANN);
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        application.answers(question -> {
            if (question.path("scopes").toString().contains("topic:slow")) {
                asked.countDown();
                try {
                    // Longer than the node may take, and shorter than it takes until too many changes are pending.
                    boolean _ = closed.await(10, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
            return answer(question);
        });
        socket.text("{\"type\":\"subscribe\",\"ref\":1,\"topics\":[\"slow\"]}");
        asked.await();
        readable.remove("topic:b");

        invalidateAll();

        assertThat(socket.awaitClose().reason()).isEqualTo("revoked");
        closed.countDown();
    }

    @Test
    void a_connection_whose_scopes_cannot_be_decided_after_an_invalidation_closes_at_the_first_failure() {
        readable.add("topic:a");
        SseClient stream = stream("/events?topic=a");
        application.answers(question -> question.path("question").asText().equals("read") ? "none" : answer(question));

        invalidateAll();

        await().until(stream::hasEnded);
        assertThat(stream.all().getLast().data()).isEqualTo("{\"reason\":\"unavailable\"}");
        assertThat(application.count("read")).as("one to open, and one after").isEqualTo(2);
    }

    @Test
    void connections_with_the_same_scopes_share_one_question() {
        readable.add("topic:a");
        for (int i = 0; i < 8; i++) {
            SseClient stream = stream("/events?topic=a");
            assertThat(stream.hasEnded()).isFalse();
        }
        CountDownLatch more = new CountDownLatch(1);
        application.answers(question -> {
            if (question.path("question").asText().equals("read")) {
                try {
                    // Longer than a tick, so that every connection asks meanwhile.
                    boolean _ = more.await(3, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
            return answer(question);
        });

        invalidateAll();

        await().until(() -> application.count("read") == 2);
        readable.remove("topic:a");
        await().until(() -> open.stream()
                .filter(SseClient.class::isInstance)
                .map(SseClient.class::cast)
                .allMatch(SseClient::hasEnded));
        assertThat(application.count("read")).isEqualTo(2);
    }

    @Test
    void personal_scopes_of_others_need_a_selector_and_are_not_asked_about() {
        HttpResponse<String> answer = TestCluster.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + "/history?scope=user:bob"))
                        .header("Authorization", "Bearer " + ANN)
                        .build());
        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(application.count("read")).isZero();
    }
}
