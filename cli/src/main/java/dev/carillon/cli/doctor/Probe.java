package dev.carillon.cli.doctor;

import dev.carillon.base.Platform;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import javax.net.ssl.SSLHandshakeException;

/**
 * Requests to the cluster. Each takes at most the time of one request, and none begins after that of the whole run. Cookies are sent only where a check gives
 * them. It follows no redirect, so the token reaches no other server.
 */
final class Probe implements AutoCloseable {
    /** More than any answer that is read as a whole. */
    private static final int MAX_BYTES = 512 * 1024;

    private final Target target;
    private final Platform platform;
    private final long end;
    private final Redaction redaction;
    private final HttpClient plain;
    private final HttpClient browser;
    private Duration roundTrip = Duration.ZERO;

    Probe(Target target, Platform platform) {
        this.target = target;
        this.platform = platform;
        this.end = platform.nanoTime().getAsLong() + target.total().toNanos();
        this.redaction = new Redaction(target.token());
        this.plain = client(HttpClient.Version.HTTP_1_1);
        this.browser = target.isTls() ? client(HttpClient.Version.HTTP_2) : plain;
    }

    private HttpClient client(HttpClient.Version version) {
        return HttpClient.newBuilder()
                .version(version)
                .sslContext(target.tls())
                .connectTimeout(target.timeout())
                .followRedirects(HttpClient.Redirect.NEVER)
                .build();
    }

    Target target() {
        return target;
    }

    Platform platform() {
        return platform;
    }

    Redaction redaction() {
        return redaction;
    }

    /** The longest time in which a request was answered so far. */
    Duration roundTrip() {
        return roundTrip;
    }

    HttpClient plain() {
        return plain;
    }

    /** A name that no other run has. */
    String name() {
        byte[] bytes = new byte[8];
        platform.secureRandom().nextBytes(bytes);
        return "carillon-doctor/" + HexFormat.of().formatHex(bytes);
    }

    /**
     * The time that a request may take.
     *
     * @throws TimeIsUpException if the time for all checks is over
     */
    Duration limit() throws ProbeException {
        long left = end - platform.nanoTime().getAsLong();
        if (left <= 0) {
            throw new TimeIsUpException(target.total());
        }
        return Duration.ofNanos(Math.min(left, target.timeout().toNanos()));
    }

    /**
     * Called where something did not come within {@link #limit}, before that is reported.
     *
     * @throws TimeIsUpException if the limit was shortened because the time for all checks is over
     */
    void requireTime() throws ProbeException {
        Duration _ = limit();
    }

    URI uri(String path) {
        return URI.create(target.url() + path);
    }

    Answer get(String path, Map<String, String> headers) throws ProbeException, InterruptedException {
        return send("GET", path, headers, "");
    }

    Answer send(String method, String path, Map<String, String> headers, String body)
            throws ProbeException, InterruptedException {
        HttpRequest request = request(path, headers)
                .method(
                        method,
                        body.isEmpty()
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body))
                .build();
        long began = platform.nanoTime().getAsLong();
        HttpResponse<String> response =
                await(path, () -> plain.sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofString(), MAX_BYTES)));
        Duration taken = Duration.ofNanos(platform.nanoTime().getAsLong() - began);
        Instant now = platform.clock().instant();
        if (taken.compareTo(roundTrip) > 0) {
            roundTrip = taken;
        }
        return new Answer(
                response.statusCode(),
                response.version().name(),
                response.headers(),
                redaction.received(response.body()),
                now.minus(taken.dividedBy(2)),
                taken);
    }

    /** Opens a stream as a browser does, over HTTP/2 where the server offers it, and compressed. */
    EventStream asBrowser(String path) throws ProbeException, InterruptedException {
        return stream(browser, path, Map.of("Accept-Encoding", "gzip"));
    }

    /** Opens a stream on a connection of its own. */
    EventStream stream(String path, Map<String, String> headers) throws ProbeException, InterruptedException {
        return stream(plain, path, headers);
    }

    private EventStream stream(HttpClient client, String path, Map<String, String> headers)
            throws ProbeException, InterruptedException {
        HttpRequest request =
                request(path, headers).header("Accept", "text/event-stream").build();
        long began = platform.nanoTime().getAsLong();
        HttpResponse<InputStream> response = await(path, () -> client.sendAsync(request, BodyHandlers.ofInputStream()));
        return new EventStream(response, began, platform, redaction);
    }

    private HttpRequest.Builder request(String path, Map<String, String> headers) throws ProbeException {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(path)).timeout(limit());
        bearer().ifPresent(value -> request.header("Authorization", value));
        headers.forEach(request::setHeader);
        return request;
    }

    Optional<String> bearer() {
        return target.token().map(token -> "Bearer " + token);
    }

    /** Waits for an answer; the path is for the message. */
    <T> T await(String path, Supplier<CompletableFuture<T>> start) throws ProbeException, InterruptedException {
        Duration limit = limit();
        CompletableFuture<T> future = start.get();
        try {
            return future.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            boolean _ = future.cancel(true);
            throw silence(path, limit);
        } catch (ExecutionException e) {
            throw reason(path, limit, e.getCause() == null ? e : e.getCause());
        }
    }

    private ProbeException reason(String path, Duration limit, Throwable cause) {
        return switch (cause) {
            case ConnectException e -> new ProbeException("no connection");
            case HttpTimeoutException e -> silence(path, limit);
            case SSLHandshakeException e -> new ProbeException("the TLS handshake failed");
            default ->
                new ProbeException("the request to " + shown(path) + " failed: "
                        + cause.getClass().getSimpleName()
                        + (cause.getMessage() == null ? "" : ", " + cause.getMessage()));
        };
    }

    private ProbeException silence(String path, Duration limit) {
        return limit.compareTo(target.timeout()) < 0
                ? new TimeIsUpException(target.total())
                : new ProbeException(shown(path) + " was not answered within " + limit.toMillis() + " ms");
    }

    private static String shown(String path) {
        return path.replaceFirst("\\?.*", "");
    }

    @Override
    public void close() {
        plain.shutdownNow();
        browser.shutdownNow();
    }
}
