package dev.carillon.node;

import dev.carillon.base.Settings;
import dev.carillon.broker.PatientOptions;
import dev.carillon.extension.Extension;
import dev.carillon.testkit.Patience;
import io.jsonwebtoken.JwtBuilder;
import io.jsonwebtoken.Jwts;
import io.jsonwebtoken.security.Keys;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** Nodes in this process with one broker, key and secret, and free ports; and helpers for requests to them. */
public final class TestCluster implements AutoCloseable {
    public static final String SECRET = "a secret of the tests";
    public static final String OPERATOR = "token-of-the-operators-for-tests-only";
    public static final String KEY = "a key of the tests, more than 32 bytes long";
    /** Clusters share a broker, so each node needs a distinct id; a repeated id would replace the other node. */
    private static final AtomicInteger NUMBERS = new AtomicInteger();

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final String broker;
    private final Map<String, String> settings;
    private final List<Extension> extensions;
    private final List<Node> nodes = new ArrayList<>();

    /**
     * @param settings beyond broker, key, secret, ports and anonymous
     * @param extensions of every node
     */
    public TestCluster(String broker, int size, Map<String, String> settings, Extension... extensions) {
        this.broker = broker;
        this.settings = settings;
        this.extensions = List.of(extensions);
        for (int i = 1; i <= size; i++) {
            add("n" + i + "-" + NUMBERS.incrementAndGet());
        }
    }

    public static NodeConfig config(String nodeId, String broker, Map<String, String> more) {
        Map<String, String> flags = new HashMap<>(Map.of(
                "node-id",
                nodeId,
                "port",
                "0",
                "admin-port",
                "0",
                "internal-port",
                "0",
                "broker",
                broker,
                "jwt-key",
                KEY,
                "secret",
                SECRET,
                "anonymous",
                "true",
                "health-detail",
                "on",
                "broker-timeout",
                PatientOptions.TIMEOUT.toSeconds() + "s"));
        flags.put("operator-token", OPERATOR);
        flags.putAll(more);
        return NodeConfig.of(Settings.of(NodeKeys.ALL, flags));
    }

    public Node add(String nodeId) {
        return add(nodeId, broker);
    }

    /** @param address of the broker, perhaps by a way of its own */
    public Node add(String nodeId, String address) {
        Node.Builder builder = Node.builder(config(nodeId, address, settings));
        extensions.forEach(builder::extension);
        Node node = builder.start();
        nodes.add(node);
        return node;
    }

    public Node node(int index) {
        return nodes.get(index);
    }

    public List<Node> nodes() {
        return nodes;
    }

    /** A token that may broadcast and read everything of the default tenant. */
    public static String token() {
        return token(List.of("*", "system"), List.of("*"), b -> b);
    }

    public static String token(List<String> broadcast, List<String> read, UnaryOperator<JwtBuilder> more) {
        JwtBuilder builder = Jwts.builder()
                .claim("carillon", Map.of("broadcast", broadcast, "read", read))
                .expiration(Date.from(Instant.now().plusSeconds(600)));
        return more.apply(builder)
                .signWith(Keys.hmacShaKeyFor(KEY.getBytes(StandardCharsets.UTF_8)))
                .compact();
    }

    public static String tokenOf(String user, String tenant) {
        return token(
                List.of("*"),
                List.of(),
                b -> b.subject(user)
                        .claim("carillon", Map.of("broadcast", List.of("*"), "read", List.of(), "tenant", tenant)));
    }

    /** Broadcasts with {@link #token}; the body of the answer, which must be 200. */
    public static String broadcast(Node node, String json) {
        HttpResponse<String> response = post(node, token(), json);
        if (response.statusCode() != 200) {
            throw new AssertionError(response.statusCode() + " " + response.body());
        }
        return response.body();
    }

    public static HttpResponse<String> post(Node node, String token, String json) {
        return send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + "/broadcast"))
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build());
    }

    public static HttpResponse<String> post(Node node, String token, String json, String idempotencyKey) {
        return send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + "/broadcast"))
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", idempotencyKey)
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build());
    }

    /** Disconnects a context of the default tenant through the admin port of a node. */
    public static HttpResponse<String> disconnect(Node node, String context) {
        return send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.adminPort() + "/contexts/" + context))
                .header("Authorization", "Bearer " + OPERATOR)
                .DELETE()
                .build());
    }

    public static HttpResponse<String> get(int port, String target) {
        return send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + target))
                .build());
    }

    public static HttpResponse<String> send(HttpRequest request) {
        HttpRequest bounded = HttpRequest.newBuilder(request, (name, value) -> true)
                .timeout(Patience.LIMIT)
                .build();
        try {
            return HTTP.send(bounded, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** A line of the metrics of a node, its value; 0 where it is not there. */
    public static double metric(Node node, String line) {
        return get(node.adminPort(), "/metrics")
                .body()
                .lines()
                .filter(l -> l.startsWith(line + " "))
                .mapToDouble(l -> Double.parseDouble(l.substring(line.length() + 1)))
                .findFirst()
                .orElse(0);
    }

    @Override
    public void close() {
        nodes.reversed().forEach(Node::close);
    }
}
