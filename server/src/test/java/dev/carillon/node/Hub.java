package dev.carillon.node;

import dev.carillon.mercure.MercureHub;
import dev.carillon.testkit.SseClient;
import io.jsonwebtoken.Jwts;
import io.jsonwebtoken.security.Keys;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What publishers and subscribers of the hub do, for tests. */
public final class Hub {
    private Hub() {}

    /** A token for publishing and subscribing by these selectors. */
    public static String token(List<String> publish, List<String> subscribe) {
        return Jwts.builder()
                .claim("mercure", Map.of("publish", publish, "subscribe", subscribe))
                .signWith(Keys.hmacShaKeyFor(TestCluster.KEY.getBytes(StandardCharsets.UTF_8)))
                .compact();
    }

    public static Map<String, String> bearer(String token) {
        return Map.of("Authorization", "Bearer " + token);
    }

    public static String subscription(String... topics) {
        return MercureHub.PATH + "?"
                + Stream.of(topics).map(t -> "topic=" + encoded(t)).collect(Collectors.joining("&"));
    }

    public static SseClient subscribe(Node node, String... topics) {
        return SseClient.open(node.port(), subscription(topics));
    }

    /** The id of the update; the answer must be 200. */
    public static String publish(Node node, String... fields) {
        HttpResponse<String> response = post(node, token(List.of("*"), List.of()), fields);
        if (response.statusCode() != 200) {
            throw new AssertionError(response.statusCode() + " " + response.body());
        }
        return response.body();
    }

    /** @param fields names and values in turn */
    public static HttpResponse<String> post(Node node, String token, String... fields) {
        List<String> pairs = new ArrayList<>();
        for (int i = 0; i < fields.length; i += 2) {
            pairs.add(encoded(fields[i]) + "=" + encoded(fields[i + 1]));
        }
        return post(node, Map.of("Authorization", "Bearer " + token), String.join("&", pairs));
    }

    public static HttpResponse<String> post(Node node, Map<String, String> headers, String body) {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + node.port() + MercureHub.PATH))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        headers.forEach(request::setHeader);
        return TestCluster.send(request.build());
    }

    public static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
