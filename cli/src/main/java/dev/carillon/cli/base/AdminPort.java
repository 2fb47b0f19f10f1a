package dev.carillon.cli.base;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.base.Text;
import dev.carillon.edge.VerifiedTls;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

/** One request of an operator to the admin port of a node. */
public final class AdminPort {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    /** Longer than the node waits for the others. */
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(30);

    private static final int MAX_SHOWN = 200;
    private static final int MAX_PROBLEM_BYTES = 64 * 1024;
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
        try (HttpClient client = client()) {
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
        return json(node, answer.statusCode(), answer.body(), expected);
    }

    /**
     * Opens an event stream and returns its bytes when the node has accepted it. Ends with the stream; closing the result ends the request.
     *
     * @param token of the operators
     * @param headers more headers of the request
     * @throws IOException when the node cannot be reached
     * @throws CommandException when the node refuses the request
     */
    public static InputStream stream(HttpClient client, URI target, String token, Map<String, String> headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(target).header("Authorization", "Bearer " + token);
        headers.forEach(request::header);
        HttpResponse<InputStream> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        if (answer.statusCode() == OK) {
            return answer.body();
        }
        try (InputStream body = answer.body()) {
            String text = new String(body.readNBytes(MAX_PROBLEM_BYTES), StandardCharsets.UTF_8);
            JsonNode _ = json(target.resolve("/"), answer.statusCode(), text, OK);
        }
        throw new IllegalStateException("not reached: the status is not that of success");
    }

    /** A client for {@link #stream}. */
    public static HttpClient client() {
        return HttpClient.newBuilder()
                .sslContext(VerifiedTls.context())
                .connectTimeout(CONNECT_TIMEOUT)
                .build();
    }

    private static JsonNode json(URI node, int status, String text, int expected) {
        JsonNode body;
        try {
            body = JSON.readTree(text);
        } catch (IOException e) {
            throw CommandException.failed(node + " is not the admin port of a node: it answered " + status + ": "
                    + Text.printable(text, MAX_SHOWN));
        }
        if (status != expected) {
            throw CommandException.failed(node + " answered " + status + ": "
                    + Text.printable(
                            body.path("code").asText() + ": "
                                    + body.path("detail").asText(),
                            MAX_SHOWN));
        }
        return body;
    }
}
