package dev.carillon.cli.doctor;

import dev.carillon.base.Text;
import java.net.URI;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Whether a WebSocket of a page at this address opens, and which forwarded headers the nodes use: the checks {@code websocket} and {@code forwarded}. A node
 * compares the origin of a page with the scheme by which the client came, so its answer shows whether it knows that scheme.
 */
final class WebSocketCheck implements Check {
    private static final String WEBSOCKET = "websocket";
    private static final String FORWARDED = "forwarded";
    private static final String PROTO = "X-Forwarded-Proto";

    @Override
    public List<String> names() {
        return List.of(WEBSOCKET, FORWARDED);
    }

    /**
     * The outcome of a handshake.
     *
     * @param status 101 if it was upgraded
     * @param message the first message; empty: none came in time
     */
    private record Outcome(int status, String message) {
        boolean isOpen() {
            return status == 101;
        }
    }

    @Override
    public void run(Probe probe, Consumer<Finding> found) throws ProbeException, InterruptedException {
        Target target = probe.target();
        String own = target.isTls() ? "https" : "http";
        Outcome plain = open(probe, Map.of());
        found.accept(judged(plain));
        if (!plain.isOpen()) {
            found.accept(Finding.skip(FORWARDED, "no WebSocket could be opened", ""));
            return;
        }
        Outcome page = open(probe, Map.of("Origin", target.origin(own)));
        if (!page.isOpen()) {
            found.accept(
                    Finding.fail(
                            FORWARDED,
                            "a WebSocket of a page at " + target.origin(own) + " is refused with " + page.status()
                                    + ": the nodes do not know by which scheme and host clients come",
                            "set trusted-proxies at the nodes to the proxy's address, and let the proxy send X-Forwarded-Proto, X-Forwarded-For and Host"));
            return;
        }
        String other = target.isTls() ? "http" : "https";
        Map<String, String> forged = Map.of("Origin", target.origin(other), PROTO, other);
        boolean believed = open(probe, forged).isOpen()
                && !open(probe, Map.of("Origin", target.origin(other))).isOpen();
        found.accept(
                believed
                        ? Finding.warn(
                                FORWARDED,
                                "the nodes believe " + PROTO + " of this client, and so any X-Forwarded-For",
                                "expected only on a machine in trusted-proxies; otherwise let the proxy replace these headers, and name only proxies in trusted-proxies")
                        : Finding.ok(
                                FORWARDED,
                                "the nodes know scheme and host, and believe no forwarded header of this client; ./carillon connections shows the addresses that they see"));
    }

    private static Finding judged(Outcome outcome) {
        if (outcome.isOpen()) {
            return outcome.message().isEmpty()
                    ? Finding.fail(
                            WEBSOCKET,
                            "upgraded, but no message came in time",
                            "the proxy must pass on both directions of a WebSocket at once")
                    : Finding.ok(
                            WEBSOCKET,
                            "upgraded; the first message is "
                                    + Text.printable(
                                            Answer.json(outcome.message())
                                                    .path("type")
                                                    .asText("unknown"),
                                            20));
        }
        return Finding.fail(
                WEBSOCKET,
                "the upgrade is refused with status " + outcome.status(),
                outcome.status() == 401
                        ? "give a token"
                        : "let the proxy pass Upgrade and Connection of /ws on (nginx: proxy_set_header Upgrade $http_upgrade, over HTTP/1.1); carillon.js falls back to /events");
    }

    private static Outcome open(Probe probe, Map<String, String> headers) throws ProbeException, InterruptedException {
        FirstMessage first = new FirstMessage();
        WebSocket.Builder builder = probe.plain().newWebSocketBuilder().connectTimeout(probe.limit());
        probe.bearer().ifPresent(value -> builder.header("Authorization", value));
        headers.forEach(builder::header);
        URI uri = URI.create(probe.uri("/ws").toString().replaceFirst("^http", "ws"));
        CompletableFuture<Object> opened = builder.buildAsync(uri, first)
                .<Object>thenApply(socket -> socket)
                .exceptionally(e -> refusal(e) == null ? e : refusal(e));
        Object result = probe.await("/ws", () -> opened);
        if (result instanceof WebSocketHandshakeException refused) {
            return new Outcome(refused.getResponse().statusCode(), "");
        }
        if (!(result instanceof WebSocket socket)) {
            throw new ProbeException("/ws was not answered as a WebSocket: " + result);
        }
        try {
            return new Outcome(101, first.text.get(probe.limit().toNanos(), TimeUnit.NANOSECONDS));
        } catch (TimeoutException | ExecutionException e) {
            return new Outcome(101, "");
        } finally {
            socket.abort();
        }
    }

    private static @Nullable WebSocketHandshakeException refusal(Throwable failure) {
        Throwable cause = failure;
        while (cause != null && !(cause instanceof WebSocketHandshakeException)) {
            cause = cause.getCause();
        }
        return (WebSocketHandshakeException) cause;
    }

    private static final class FirstMessage implements WebSocket.Listener {
        private static final int MAX = 10_000;

        private final CompletableFuture<String> text = new CompletableFuture<>();
        private final StringBuilder received = new StringBuilder();

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            if (received.length() < MAX) {
                received.append(data);
            }
            if (last) {
                text.complete(received.toString());
            }
            socket.request(1);
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            text.completeExceptionally(error);
        }
    }
}
