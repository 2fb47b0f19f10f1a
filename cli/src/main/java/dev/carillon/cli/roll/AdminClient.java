package dev.carillon.cli.roll;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.base.Text;
import dev.carillon.cli.base.AdminPort;
import dev.carillon.cli.base.CommandException;
import dev.carillon.edge.VerifiedTls;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;

/** Requests to the admin ports of nodes. Not thread-safe. */
public final class AdminClient implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final int MAX_SHOWN = 200;
    private static final JsonMapper JSON = new JsonMapper();

    private final String token;
    private final HttpClient http;

    /**
     * A node as it describes itself.
     *
     * @param generation larger at each start
     * @param phase {@code serving}, {@code notice}, {@code releasing} or {@code stopped}
     * @param connections open streams and WebSockets
     * @param remainingMillis until the end of a drain; 0 without one
     */
    record State(String node, long generation, String version, String phase, int connections, long remainingMillis) {
        boolean serves() {
            return phase.equals("serving");
        }
    }

    /**
     * Health of a node.
     *
     * @param ok whether it is ready and its broker works
     * @param cluster id that all nodes of a cluster share; empty: not known yet
     */
    record Health(boolean ok, String status, String cluster) {}

    /** @param token of the operators */
    public AdminClient(String token) {
        this.token = token;
        this.http = HttpClient.newBuilder()
                .sslContext(VerifiedTls.context())
                .connectTimeout(TIMEOUT)
                .build();
    }

    /**
     * The state of a node; empty if it does not answer, which is normal while it restarts.
     *
     * @throws CommandException for an answer that is not a node's
     */
    Optional<State> state(URI node) throws InterruptedException {
        Optional<HttpResponse<String>> answer =
                send(request(node, "/admin/drain").build());
        if (answer.isEmpty()) {
            return Optional.empty();
        }
        JsonNode body = AdminPort.json(node, answer.get(), 200);
        return Optional.of(new State(
                Text.printable(body.path("node").asText(), MAX_SHOWN),
                body.path("generation").asLong(),
                Text.printable(body.path("version").asText(), MAX_SHOWN),
                body.path("phase").asText(),
                body.path("connections").asInt(),
                body.path("remainingMillis").asLong()));
    }

    /** The health of a node; empty if it does not answer. */
    Optional<Health> health(URI node) throws InterruptedException {
        return send(request(node, "/health").build()).map(answer -> {
            try {
                JsonNode body = JSON.readTree(answer.body());
                String status = Text.printable(body.path("status").asText(), MAX_SHOWN);
                return new Health(
                        status.equals("ok"),
                        status,
                        body.path("cluster").path("id").asText());
            } catch (IOException e) {
                return new Health(false, "unreadable", "");
            }
        });
    }

    /** @throws CommandException when the node refuses */
    void drain(URI node) throws InterruptedException {
        post(node, "/admin/drain");
    }

    /** @throws CommandException when the node refuses, or cannot be replaced while it runs */
    void reload(URI node) throws InterruptedException {
        post(node, "/admin/reload");
    }

    private void post(URI node, String path) throws InterruptedException {
        HttpRequest request = request(node, path)
                .header("Authorization", "Bearer " + token)
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();
        HttpResponse<String> answer =
                send(request).orElseThrow(() -> CommandException.failed(node + " does not answer"));
        JsonNode _ = AdminPort.json(node, answer, 202);
    }

    private static HttpRequest.Builder request(URI node, String path) {
        return HttpRequest.newBuilder(node.resolve(path)).timeout(TIMEOUT);
    }

    private Optional<HttpResponse<String>> send(HttpRequest request) throws InterruptedException {
        try {
            return Optional.of(http.send(request, HttpResponse.BodyHandlers.ofString()));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        http.close();
    }
}
