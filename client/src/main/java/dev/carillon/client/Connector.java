package dev.carillon.client;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Sends requests to one node after the other: the next one after a failure. Thread-safe. */
final class Connector {
    private static final int MAX_RETRY_AFTER_SECONDS = 60;
    private static final int OK = 200;

    private final HttpClient http;
    private final List<URI> nodes;
    private final Supplier<@Nullable String> token;
    private final Duration timeout;
    private final AtomicInteger current = new AtomicInteger();

    /** @param timeout until the head of a response */
    Connector(HttpClient http, List<URI> nodes, Supplier<@Nullable String> token, Duration timeout) {
        this.http = http;
        this.nodes = nodes;
        this.token = token;
        this.timeout = timeout;
    }

    /** The address of the node in use. */
    URI node() {
        return nodes.get(Math.floorMod(current.get(), nodes.size()));
    }

    /** The node has failed: the next requests go to another one, unless another thread has moved on already. */
    void avoid(URI failed) {
        int index = current.get();
        if (nodes.get(Math.floorMod(index, nodes.size())).equals(failed)) {
            current.compareAndSet(index, index + 1);
        }
    }

    /** @throws ClientException {@link ClientException#TOKEN}, which is temporary: the supplier failed */
    @Nullable
    String token() {
        try {
            return token.get();
        } catch (RuntimeException e) {
            String detail = "the supplier of tokens failed: " + e.getClass().getSimpleName();
            throw new ClientException(ClientException.TOKEN, 0, detail, null, e);
        }
    }

    /**
     * Sends a request whose answer has a time limit, with its body.
     *
     * @param bearer null: without a token
     * @throws ClientException {@link ClientException#UNREACHABLE}; its cause says whether the node may have got it
     */
    <T> HttpResponse<T> send(HttpRequest.Builder request, @Nullable String bearer, HttpResponse.BodyHandler<T> handler)
            throws InterruptedException {
        return sendUnlimited(request.timeout(timeout), bearer, handler);
    }

    /**
     * As {@link #send}, but without a time limit, as a stream has no end. Not with a future: the client of the JDK completes those on the common pool,
     * which an application may block.
     */
    <T> HttpResponse<T> sendUnlimited(
            HttpRequest.Builder request, @Nullable String bearer, HttpResponse.BodyHandler<T> handler)
            throws InterruptedException {
        if (bearer != null) {
            request.header("Authorization", "Bearer " + bearer);
        }
        try {
            return http.send(request.build(), handler);
        } catch (IOException e) {
            String detail = e.getClass().getSimpleName() + " " + e.getMessage();
            throw new ClientException(
                    ClientException.UNREACHABLE, 0, request.build().uri().getAuthority() + ": " + detail, null, e);
        }
    }

    /** Replaces the token of the open stream of a context; returns whether the node did. */
    boolean renew(String context) throws InterruptedException {
        String body = Json.object(Map.of("context", Json.string(context)));
        HttpRequest.Builder request = HttpRequest.newBuilder(node().resolve("events/renew"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        return send(request, token(), HttpResponse.BodyHandlers.discarding()).statusCode() == OK;
    }

    Duration timeout() {
        return timeout;
    }

    /** Whether the request cannot have reached a node. */
    static boolean neverSent(ClientException e) {
        return e.code().equals(ClientException.TOKEN)
                || e.getCause() instanceof ConnectException
                || e.getCause() instanceof HttpConnectTimeoutException;
    }

    /** The error that a response describes (RFC 9457). */
    static ClientException problem(HttpResponse<?> response, String body) {
        Map<?, ?> json = Json.readObject(body);
        String code = Json.text(json, "code");
        String detail = Json.text(json, "detail");
        int status = response.statusCode();
        return new ClientException(
                code == null ? "http-" + status : code,
                status,
                detail == null ? "status " + status : detail,
                retryAfter(response),
                null);
    }

    /** How long a response asks to wait; null: it does not. */
    static @Nullable Duration retryAfter(HttpResponse<?> response) {
        return response.headers()
                .firstValue("Retry-After")
                .filter(text -> text.matches("\\d{1,4}"))
                .map(text -> Duration.ofSeconds(Math.min(MAX_RETRY_AFTER_SECONDS, Integer.parseInt(text))))
                .orElse(null);
    }

    static String text(InputStream body, int maxBytes) throws IOException {
        try (body) {
            return new String(body.readNBytes(maxBytes), StandardCharsets.UTF_8);
        }
    }
}
