package dev.carillon.cli.doctor;

import dev.carillon.base.Text;
import java.net.URI;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
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
     * @param code of the problem if it was not; empty: it was no problem
     * @param message the first message; empty: none came in time, or it was not awaited
     */
    record Outcome(int status, String code, String message) {
        boolean isOpen() {
            return status == 101;
        }

        /** Whether a node has answered that the origin is not the one by which the client came. */
        boolean isOtherOrigin() {
            return status == 403 && code.equals("origin-refused");
        }

        String said() {
            return status + (code.isEmpty() ? "" : " " + Text.printable(code, 40));
        }
    }

    @Override
    public void run(Probe probe, Consumer<Finding> found) throws ProbeException, InterruptedException {
        Target target = probe.target();
        String own = target.isTls() ? "https" : "http";
        Outcome plain = open(probe, Map.of(), true);
        found.accept(judged(plain));
        if (!plain.isOpen()) {
            found.accept(Finding.skip(FORWARDED, "no WebSocket could be opened", ""));
            return;
        }
        Outcome page = open(probe, Map.of("Origin", target.origin(own)), false);
        if (!page.isOpen()) {
            found.accept(refused(target.origin(own), page));
            return;
        }
        String other = target.isTls() ? "http" : "https";
        Map<String, String> forged = Map.of("Origin", target.origin(other), PROTO, other);
        Outcome believed = open(probe, forged, false);
        if (!believed.isOpen() && !believed.isOtherOrigin()) {
            found.accept(undecided(target.origin(other), believed));
            return;
        }
        // Without the forged header, the origin must be refused; it is not if cors-origins names it.
        Outcome unforged = believed.isOpen() ? open(probe, Map.of("Origin", target.origin(other)), false) : believed;
        if (!unforged.isOpen() && !unforged.isOtherOrigin()) {
            found.accept(undecided(target.origin(other), unforged));
            return;
        }
        found.accept(
                believed.isOpen() && unforged.isOtherOrigin()
                        ? Finding.warn(
                                FORWARDED,
                                "the nodes believe " + PROTO + " of this client, and so any X-Forwarded-For",
                                "expected only on a machine in trusted-proxies; otherwise let the proxy replace these headers, and name only proxies in trusted-proxies")
                        : Finding.ok(
                                FORWARDED,
                                "the nodes know scheme and host, and believe no forwarded header of this client; ./carillon connections shows the addresses that they see"));
    }

    /** @param page the handshake of a page at the address itself, which is not open */
    static Finding refused(String origin, Outcome page) {
        return page.isOtherOrigin()
                ? Finding.fail(
                        FORWARDED,
                        "a WebSocket of a page at " + origin + " is refused with " + page.said()
                                + ": the nodes do not know by which scheme and host clients come",
                        "set trusted-proxies at the nodes to the proxy's address, and let the proxy send X-Forwarded-Proto, X-Forwarded-For and Host")
                : undecided(origin, page);
    }

    private static Finding undecided(String origin, Outcome outcome) {
        return Finding.skip(
                FORWARDED,
                "a WebSocket of a page at " + origin + " is refused with " + outcome.said(),
                "run it again later; if that stays, look at the log of the proxy and of the nodes");
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
                "the upgrade is refused with status " + outcome.said(),
                switch (outcome.status()) {
                    case 401 -> "give a token";
                    case 429, 503 -> "run it again later, and see the errors in docs/application.md";
                    default ->
                        "let the proxy pass Upgrade and Connection of /ws on (nginx: proxy_set_header Upgrade $http_upgrade, over HTTP/1.1); carillon.js falls back to /events";
                });
    }

    /** @param awaitsMessage whether the first message is awaited */
    private static Outcome open(Probe probe, Map<String, String> headers, boolean awaitsMessage)
            throws ProbeException, InterruptedException {
        FirstMessage first = new FirstMessage();
        WebSocket.Builder builder = probe.plain().newWebSocketBuilder().connectTimeout(probe.limit());
        probe.bearer().ifPresent(value -> builder.header("Authorization", value));
        headers.forEach(builder::header);
        URI uri = URI.create(probe.uri("/ws").toString().replaceFirst("^http", "ws"));
        CompletableFuture<Object> opened = builder.buildAsync(uri, first)
                .<Object>thenApply(socket -> socket)
                .exceptionally(WebSocketCheck::refusal);
        Object result = probe.await("/ws", () -> opened);
        if (result instanceof WebSocketHandshakeException refused) {
            HttpResponse<?> response = refused.getResponse();
            String body =
                    response.body() instanceof String text ? probe.redaction().received(text) : "";
            return new Outcome(
                    response.statusCode(), Answer.json(body).path("code").asText(""), "");
        }
        WebSocket socket = (WebSocket) result;
        try {
            String message = awaitsMessage ? first.text.get(probe.limit().toNanos(), TimeUnit.NANOSECONDS) : "";
            return new Outcome(101, "", probe.redaction().received(message));
        } catch (TimeoutException e) {
            probe.requireTime();
            return new Outcome(101, "", "");
        } catch (ExecutionException e) {
            return new Outcome(101, "", "");
        } finally {
            socket.abort();
        }
    }

    /** The refusal of a handshake; another failure is thrown, without the exceptions around it. */
    private static WebSocketHandshakeException refusal(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof WebSocketHandshakeException refused) {
                return refused;
            }
        }
        Throwable below = failure.getCause();
        throw new CompletionException(failure instanceof CompletionException && below != null ? below : failure);
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
