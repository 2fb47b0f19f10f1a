package dev.carillon.client;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Broadcasts, repeated with the same id or key until a node accepts or refuses them, or the time is over. Thread-safe. */
final class Broadcasting {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final int UNAUTHORIZED = 401;

    private final Connector connector;
    private final Timing timing;
    private final Duration limit;

    /** @param limit of a broadcast with all its repeats */
    Broadcasting(Connector connector, Timing timing, Duration limit) {
        this.connector = connector;
        this.timing = timing;
        this.limit = limit;
    }

    String broadcast(Broadcast event) throws InterruptedException {
        String id = Json.text(post(event.toJson(), event.hasId() ? null : timing.newKey(), false), "id");
        return Objects.requireNonNullElse(id, "");
    }

    List<BroadcastResult> broadcast(List<Broadcast> events) throws InterruptedException {
        String body = events.stream().map(Broadcast::toJson).collect(Collectors.joining(",", "[", "]"));
        List<BroadcastResult> results = new ArrayList<>();
        if (post(body, timing.newKey(), true).get("results") instanceof List<?> list) {
            list.forEach(each -> results.add(result(each)));
        }
        return results;
    }

    private static BroadcastResult result(@Nullable Object each) {
        Map<?, ?> item = each instanceof Map<?, ?> map ? map : Map.of();
        String code = Json.text(item, "code");
        return code == null
                ? new BroadcastResult(Optional.ofNullable(Json.text(item, "id")), null)
                : new BroadcastResult(
                        Optional.empty(),
                        new ClientException(
                                code,
                                Json.number(item, "status"),
                                Objects.requireNonNullElse(Json.text(item, "detail"), ""),
                                null,
                                null));
    }

    /** @param batch whether the answer has results; those that are refused for the moment are sent again, with all others, as each has its key */
    private Map<?, ?> post(String body, @Nullable String key, boolean batch) throws InterruptedException {
        Backoff backoff = new Backoff(FIRST_PAUSE, timing);
        long start = timing.nanoTime();
        ClientException refusal = null;
        String refusedToken = null;
        boolean mayBeAccepted = false;
        while (true) {
            URI node = connector.node();
            String token = null;
            ClientException failure;
            Map<?, ?> partial = Map.of();
            try {
                token = connector.token();
                if (refusal != null && Objects.equals(token, refusedToken)) {
                    throw refusal;
                }
                HttpResponse<String> response =
                        connector.send(request(node, body, key), token, HttpResponse.BodyHandlers.ofString());
                int status = response.statusCode();
                if (status != 200 && status != 207) {
                    throw Connector.problem(response, response.body());
                }
                partial = Json.answer(response.body(), FeedEvent.DATA);
                Optional<ClientException> temporary = batch ? temporary(partial) : Optional.empty();
                if (temporary.isEmpty()) {
                    return partial;
                }
                failure = temporary.get();
            } catch (ClientException e) {
                if (e.status() == UNAUTHORIZED && token != null && refusal == null) {
                    refusal = e; // Replaced once: a supplier may return another token at each call.
                    refusedToken = token;
                    continue;
                }
                if (!e.isTemporary()) {
                    throw mayBeAccepted ? e.unknownOutcome() : e;
                }
                failure = e;
                mayBeAccepted |= !Connector.neverSent(e) && e.status() != 429;
            }
            Duration pause = backoff.next(failure.retryAfter().orElse(null));
            Duration used = Duration.ofNanos(timing.nanoTime() - start);
            if (used.plus(pause).compareTo(limit) > 0) {
                if (!partial.isEmpty()) {
                    return partial;
                }
                throw mayBeAccepted ? failure.unknownOutcome() : failure;
            }
            connector.avoid(node);
            timing.sleep(pause);
        }
    }

    private static HttpRequest.Builder request(URI node, String body, @Nullable String key) {
        HttpRequest.Builder request = HttpRequest.newBuilder(node.resolve("broadcast"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        return key == null ? request : request.header("Idempotency-Key", key);
    }

    private static Optional<ClientException> temporary(Map<?, ?> answer) {
        return answer.get("results") instanceof List<?> list
                ? list.stream()
                        .map(each -> result(each).error())
                        .filter(Objects::nonNull)
                        .filter(ClientException::isTemporary)
                        .findFirst()
                : Optional.empty();
    }
}
