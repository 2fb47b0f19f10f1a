package dev.carillon.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** An operator who asks a cluster about events, and the clients about whom the operator asks. */
final class WhyClient {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final TestCluster cluster;
    private final List<AutoCloseable> open = new ArrayList<>();

    /** A client with a context. */
    record Client(SseClient stream, String context) {
        void close() {
            stream.close();
        }
    }

    WhyClient(TestCluster cluster) {
        this.cluster = cluster;
    }

    Client client(int node, String query) {
        return client(node, query, Map.of());
    }

    Client clientOf(int node, String query, String user) {
        return client(node, query, Hub.bearer(TestCluster.tokenOf(user, "default")));
    }

    Client client(int node, String query, Map<String, String> headers) {
        return opened(SseClient.open(cluster.node(node).port(), "/events?" + query, headers));
    }

    /** The client comes back after the event that it received last, in a context of its own. */
    Client resumed(int node, String query, String lastId) {
        return opened(SseClient.open(cluster.node(node).port(), "/events?" + query, Map.of("Last-Event-ID", lastId)));
    }

    private Client opened(SseClient stream) {
        open.add(stream);
        SseClient ready = stream.opened();
        return new Client(ready, ready.opening("context"));
    }

    <T extends AutoCloseable> T closeAtEnd(T resource) {
        open.add(resource);
        return resource;
    }

    /** Broadcasts at a node; the event's id. Members beside id and data, as JSON without braces. */
    String broadcast(int node, String members) {
        String id = "event-" + UUID.randomUUID();
        TestCluster.broadcast(cluster.node(node), "{\"id\":\"" + id + "\",\"data\":\"x\"," + members + "}");
        return id;
    }

    String to(int node, String scope) {
        return broadcast(node, "\"scope\":\"" + scope + "\"");
    }

    JsonNode why(String query) {
        return json(ask(0, query));
    }

    static JsonNode json(HttpResponse<String> answer) {
        try {
            return JSON.readTree(answer.body());
        } catch (IOException e) {
            throw new UncheckedIOException(answer.body(), e);
        }
    }

    HttpResponse<String> ask(int node, String query) {
        return TestCluster.send(HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + cluster.node(node).adminPort() + "/admin/why?" + query))
                .header("Authorization", "Bearer " + TestCluster.OPERATOR)
                .build());
    }

    /** The verdict about one client. */
    String verdict(String id, Client client) {
        return verdict(id, client.context());
    }

    String verdict(String id, String context) {
        return why("event=" + id + "&client=" + context)
                .path("client")
                .path("verdict")
                .asText();
    }

    /** Number of connections of all nodes with a verdict. */
    int count(String id, String verdict) {
        return why("event=" + id).path("counts").path(verdict).asInt();
    }

    /** Closes all clients. */
    void closeClients() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
        open.clear();
    }
}
