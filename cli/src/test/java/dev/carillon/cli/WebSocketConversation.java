package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carillon.cli.WebSocketClient.Opening;
import dev.carillon.cli.WebSocketClient.Report;
import dev.carillon.node.TestCluster;
import dev.carillon.process.Relay;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/**
 * All that a client does at {@code /ws}: it sends a token in each way, subscribes, broadcasts, pings, unsubscribes, resumes at another node after its
 * connection was cut, and is closed by an operator. Fails with an assertion. For the thread of the client.
 */
final class WebSocketConversation {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PROTOCOL = "carillon.v1";
    /** Of more than one frame's short form, and longer than what is sent without compression. */
    private static final String LONG = "grüße 😀 ".repeat(300);

    private final TestCluster cluster;
    private final WebSocketClient client;
    private final String name;
    private final String origin;
    private final String token;
    private final String topic;
    private int mark;

    /**
     * @param name of the client: distinct, and as a parameter can hold it
     * @param origin a trusted one
     */
    WebSocketConversation(TestCluster cluster, WebSocketClient client, String name, String origin) {
        this.cluster = cluster;
        this.client = client;
        this.name = name;
        this.origin = origin;
        this.token = TestCluster.token(List.of("*"), List.of("*"), builder -> builder.subject(name));
        this.topic = "clients/" + name;
    }

    /** Returns the agreed extensions of the first connection. */
    String hold(URI first, URI second, boolean pings) {
        try (Relay one = new Relay(first.getPort());
                Relay other = new Relay(second.getPort())) {
            String extensions = sendsTheTokenAsAMessage(one);
            receivesWhatIsBroadcast();
            pings(pings);
            receivesNothingAfterItHasUnsubscribed();
            resumesElsewhere(one, other);
            learnsWhyItIsClosed();
            comesWithACookie(one);
            return extensions;
        }
    }

    private String sendsTheTokenAsAMessage(Relay relay) {
        Report.Opened opened = connect(relay, "label=" + name, List.of(PROTOCOL), Map.of());
        assertThat(opened.protocol()).isEqualTo(PROTOCOL);
        awaitMessage("hello", m -> type(m, "hello"));
        awaitMessage("authenticate", m -> type(m, "authenticate"));
        client.send("{\"access_token\":\"no-token\"}");
        awaitMessage("refusal", m -> m.path("code").asText().equals("token-invalid"));
        client.send("{\"access_token\":\"" + token + "\"}");
        assertThat(awaitMessage("open", m -> type(m, "open")).path("user").asText())
                .isEqualTo(name);
        return opened.extensions();
    }

    private void receivesWhatIsBroadcast() {
        ask("{\"type\":\"subscribe\",\"ref\":1,\"topics\":[\"" + topic + "\"]}", 1);

        broadcast("{\"n\":1,\"words\":[\"é\",null]}");
        JsonNode value = awaitMessage("a JSON value", m -> type(m, "event"));
        assertThat(value.path("data").toString()).isEqualTo("{\"n\":1,\"words\":[\"é\",null]}");
        assertThat(value.path("scopes").toString()).isEqualTo("[\"topic:" + topic + "\"]");

        JsonNode reply = ask(
                "{\"type\":\"broadcast\",\"ref\":2,\"scope\":\"topic:" + topic + "\",\"event\":\"long\",\"data\":\""
                        + LONG + "\"}",
                2);
        JsonNode own =
                awaitMessage("its own event", m -> m.path("event").asText().equals("long"));
        assertThat(own.path("data").asText()).isEqualTo(LONG);
        assertThat(own.path("id").asText()).isEqualTo(reply.path("id").asText()).isNotEmpty();
    }

    /** The node closes a connection that leaves two of its pings unanswered. */
    private void pings(boolean own) {
        if (own) {
            client.ping();
            await(
                    "a pong",
                    reports -> reports.filter(Report.Pong.class::isInstance).findFirst());
        }
        Awaitility.await(name + " has answered pings")
                .pollInSameThread()
                .until(() -> messages().filter(m -> type(m, "ping")).count() >= 4);
    }

    /** An event to the user comes after it. */
    private void receivesNothingAfterItHasUnsubscribed() {
        ask("{\"type\":\"unsubscribe\",\"ref\":3,\"topics\":[\"" + topic + "\"]}", 3);
        broadcast("\"unseen\"");
        TestCluster.broadcast(cluster.node(0), "{\"scope\":\"user:" + name + "\",\"data\":\"seen\"}");
        awaitMessage("an event to the user", m -> data(m, "seen"));
        assertThat(messages()).noneMatch(m -> data(m, "unseen"));
    }

    private void resumesElsewhere(Relay one, Relay other) {
        ask("{\"type\":\"subscribe\",\"ref\":4,\"topics\":[\"" + topic + "\"]}", 4);
        broadcast("\"last\"");
        awaitMessage("the last event", m -> data(m, "last"));
        String cursor = ask("{\"type\":\"ping\",\"ref\":5}", 5).path("cursor").asText();
        one.cut();
        assertThat(awaitClose().code()).isEqualTo(1006);
        for (int i = 1; i <= 3; i++) {
            broadcast("\"missed " + i + "\"");
        }

        connect(other, "label=" + name, List.of(PROTOCOL, "carillon.authorization." + token), Map.of());
        awaitMessage("open", m -> type(m, "open"));
        ask("{\"type\":\"resume\",\"ref\":6,\"scopes\":{\"topic:" + topic + "\":\"" + cursor + "\"}}", 6);
        broadcast("\"after\"");
        awaitMessage("the next event", m -> data(m, "after"));
        assertThat(messages()
                        .filter(m -> type(m, "event"))
                        .map(m -> m.path("data").asText()))
                .containsExactly("missed 1", "missed 2", "missed 3", "after");
        one.heal();
    }

    private void learnsWhyItIsClosed() {
        assertThat(TestCluster.send(HttpRequest.newBuilder(URI.create(
                                        "http://127.0.0.1:" + cluster.node(0).adminPort() + "/admin/connections?label="
                                                + name + "&message=bye"))
                                .header("Authorization", "Bearer " + TestCluster.OPERATOR)
                                .DELETE()
                                .build())
                        .body())
                .startsWith("{\"closed\":1,");
        awaitMessage("a notice", m -> m.path("message").asText().equals("bye"));
        assertThat(awaitClose()).isEqualTo(new Report.Closed(4001, "closed-by-operator"));
    }

    private void comesWithACookie(Relay relay) {
        connect(relay, "topic=" + topic, List.of(PROTOCOL), Map.of("carillon_authorization", token));
        assertThat(awaitMessage("open", m -> type(m, "open")).path("user").asText())
                .isEqualTo(name);
        client.leave();
        assertThat(awaitClose().code()).isEqualTo(1000);
    }

    private Report.Opened connect(Relay relay, String query, List<String> protocols, Map<String, String> cookies) {
        mark = client.reports().size();
        client.connect(new Opening(
                "ws://127.0.0.1:" + relay.port() + "/ws?" + query,
                protocols,
                cookies.isEmpty() ? null : origin,
                cookies));
        return await(
                "a connection",
                reports -> reports.filter(Report.Opened.class::isInstance)
                        .map(Report.Opened.class::cast)
                        .findFirst());
    }

    private void broadcast(String data) {
        TestCluster.broadcast(cluster.node(0), "{\"scope\":\"topic:" + topic + "\",\"data\":" + data + "}");
    }

    /** Sends a message; its reply, which must be a success. */
    private JsonNode ask(String message, int ref) {
        client.send(message);
        JsonNode reply = awaitMessage(
                "a reply to " + message, m -> type(m, "reply") && m.path("ref").asInt() == ref);
        assertThat(reply.path("status").asText()).as(reply.toString()).isEqualTo("ok");
        return reply;
    }

    private static boolean type(JsonNode message, String type) {
        return message.path("type").asText().equals(type);
    }

    private static boolean data(JsonNode message, String data) {
        return message.path("data").asText().equals(data);
    }

    private Report.Closed awaitClose() {
        return await(
                "the end of the connection",
                reports -> reports.filter(Report.Closed.class::isInstance)
                        .map(Report.Closed.class::cast)
                        .findFirst());
    }

    private JsonNode awaitMessage(String what, Predicate<JsonNode> condition) {
        return await(
                what,
                reports -> reports.flatMap(WebSocketConversation::message)
                        .filter(condition)
                        .findFirst());
    }

    /** Of this connection. */
    private Stream<JsonNode> messages() {
        return reports().flatMap(WebSocketConversation::message);
    }

    private static Stream<JsonNode> message(Report report) {
        try {
            return report instanceof Report.Message message ? Stream.of(JSON.readTree(message.text())) : Stream.empty();
        } catch (JsonProcessingException e) {
            throw new AssertionError(report.toString(), e);
        }
    }

    private Stream<Report> reports() {
        return client.reports().stream().skip(mark);
    }

    private <T> T await(String what, Function<Stream<Report>, Optional<T>> found) {
        try {
            return Awaitility.await(name + " has " + what)
                    .pollInSameThread()
                    .until(() -> found.apply(reports()), Optional::isPresent)
                    .orElseThrow();
        } catch (ConditionTimeoutException e) {
            throw new AssertionError(e.getMessage() + ": " + reports().toList() + " " + client.complaints(), e);
        }
    }
}
