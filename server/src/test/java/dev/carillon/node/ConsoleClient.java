package dev.carillon.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;

/** An operator's browser at the console of one node. */
final class ConsoleClient {
    private final Node node;
    private final String cookie;

    private ConsoleClient(Node node, String cookie) {
        this.node = node;
        this.cookie = cookie;
    }

    static ConsoleClient signedIn(Node node) {
        return at(node, cookie(login(node, TestCluster.OPERATOR)));
    }

    static ConsoleClient at(Node node, String cookie) {
        return new ConsoleClient(node, cookie);
    }

    static HttpResponse<String> login(Node node, String token) {
        return TestCluster.send(HttpRequest.newBuilder(uri(node, "/console/login"))
                .header("Origin", origin(node))
                .POST(HttpRequest.BodyPublishers.ofString("{\"token\":\"" + token + "\"}"))
                .build());
    }

    /** Name and value. */
    static String cookie(HttpResponse<String> answer) {
        return answer.headers().firstValue("Set-Cookie").orElseThrow().replaceFirst(";.*", "");
    }

    static String origin(Node node) {
        return "http://127.0.0.1:" + node.adminPort();
    }

    private static URI uri(Node node, String target) {
        return URI.create(origin(node) + target);
    }

    String cookie() {
        return cookie;
    }

    HttpResponse<String> get(String target) {
        return TestCluster.send(HttpRequest.newBuilder(uri(node, target))
                .header("Cookie", cookie)
                .build());
    }

    HttpResponse<String> act(String method, String target, String body) {
        return act(method, target, body, origin(node));
    }

    HttpResponse<String> act(String method, String target, String body, String origin) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(node, target))
                .header("Cookie", cookie)
                .method(method, HttpRequest.BodyPublishers.ofString(body));
        if (!origin.isEmpty()) {
            request.header("Origin", origin);
        }
        return TestCluster.send(request.build());
    }

    SseClient stream() {
        return SseClient.open(node.adminPort(), "/console/stream", Map.of("Cookie", cookie));
    }

    /** The frames until now. */
    static List<JsonNode> frames(SseClient stream) {
        return stream.data().stream().map(ConsoleClient::json).toList();
    }

    static JsonNode json(String text) {
        try {
            return new ObjectMapper().readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(text, e);
        }
    }
}
