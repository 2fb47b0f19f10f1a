package dev.carillon.cli.base;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.base.Text;
import dev.carillon.edge.VerifiedTls;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;

/** One request of an operator to the admin port of a node. */
public final class AdminPort {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    /** Longer than the node waits for the others. */
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(30);

    private static final int MAX_SHOWN = 200;
    private static final int OK = 200;
    private static final JsonMapper JSON = new JsonMapper();

    private AdminPort() {}

    /**
     * Sends a request without a body and blocks until the answer is there.
     *
     * @param token of the operators
     * @throws CommandException when the node does not answer, or not with 200
     */
    public static JsonNode call(String method, URI target, String token) throws InterruptedException {
        return call(method, target, token, OK);
    }

    /**
     * As {@link #call(String, URI, String)}.
     *
     * @param expected status of the answer
     */
    public static JsonNode call(String method, URI target, String token, int expected) throws InterruptedException {
        URI node = target.resolve("/");
        HttpRequest request = HttpRequest.newBuilder(target)
                .timeout(ANSWER_TIMEOUT)
                .header("Authorization", "Bearer " + token)
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build();
        try (HttpClient client = HttpClient.newBuilder()
                .sslContext(VerifiedTls.context())
                .connectTimeout(CONNECT_TIMEOUT)
                .build()) {
            return json(node, client.send(request, HttpResponse.BodyHandlers.ofString()), expected);
        } catch (ConnectException e) {
            throw CommandException.failed(
                    "cannot connect to " + node + ": start the node, or set --url to its admin port");
        } catch (HttpTimeoutException e) {
            throw CommandException.failed(node + " did not answer within " + ANSWER_TIMEOUT.toSeconds() + " s");
        } catch (IOException e) {
            throw CommandException.failed(node + " failed: " + e);
        }
    }

    /**
     * The body of an answer.
     *
     * @param expected status
     * @throws CommandException for another status, with the code and detail of the problem, and for an answer that is not a node's
     */
    public static JsonNode json(URI node, HttpResponse<String> answer, int expected) {
        JsonNode body;
        try {
            body = JSON.readTree(answer.body());
        } catch (IOException e) {
            throw CommandException.failed(node + " is not the admin port of a node: it answered " + answer.statusCode()
                    + ": " + Text.printable(answer.body(), MAX_SHOWN));
        }
        if (answer.statusCode() != expected) {
            throw CommandException.failed(node + " answered " + answer.statusCode() + ": "
                    + Text.printable(
                            body.path("code").asText() + ": "
                                    + body.path("detail").asText(),
                            MAX_SHOWN));
        }
        return body;
    }
}
