package dev.carillon.client;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A subscription of a {@link CarillonClient}: one stream after the other, each from the position where the one before ended. It runs on a virtual
 * thread of its own until it is closed, or ends by itself.
 */
public final class Subscription implements AutoCloseable {
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    /** A stream that was open for so long ends a series of failures. */
    private static final Duration STABLE = Duration.ofSeconds(10);

    private static final Duration LOOK = Duration.ofSeconds(5);
    private static final int MAX_PROBLEM_BYTES = 64 * 1024;
    private static final int UNAUTHORIZED = 401;

    private final Connector connector;
    private final Timing timing;
    private final SilenceLimit silence;
    private final Subscribe options;
    private final EventListener listener;
    private final ResumePosition position;
    private final Backoff backoff;
    private final StreamOpening opening;
    private final Thread thread;
    private volatile boolean closed;
    /** The stream that is open; null: none. */
    private volatile @Nullable InputStream stream;

    private volatile @Nullable String context;
    private @Nullable String refusedToken;
    private @Nullable Duration retry;

    /** @param silence time without any data after which the stream is given up */
    Subscription(Connector connector, Timing timing, Duration silence, Subscribe options, EventListener listener) {
        this.connector = connector;
        this.timing = timing;
        this.silence = new SilenceLimit(timing, silence);
        this.options = options;
        this.listener = listener;
        this.position = new ResumePosition(options.position());
        this.backoff = new Backoff(FIRST_PAUSE, timing);
        this.opening = new StreamOpening(connector, timing);
        this.thread = timing.thread("carillon-subscription", this::run);
    }

    Subscription start() {
        thread.start();
        timing.thread("carillon-silence", this::watchSilence).start();
        return this;
    }

    /**
     * The event id or cursor after which this subscription would resume; empty: no stream was open yet. Until the first ping of the node, 25 s after
     * the first stream, it is the beginning, as retained events may still come.
     */
    public Optional<String> position() {
        return Optional.of(position.get()).filter(text -> !text.isEmpty());
    }

    /** Whether it was closed or has ended. */
    public boolean isClosed() {
        return closed;
    }

    /** Ends the subscription; a listener that runs is interrupted. */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        closeStream();
    }

    private void run() {
        try {
            while (!closed) {
                URI node = connector.node();
                long start = timing.nanoTime();
                ClientException failure = stream(node);
                if (closed) {
                    return;
                }
                if (failure.endsSubscriptions()) {
                    closed = true;
                    listener.ended(failure);
                    return;
                }
                if (timing.nanoTime() - start >= STABLE.toNanos()) {
                    backoff.reset();
                }
                listener.failed(failure);
                connector.avoid(node);
                timing.sleep(backoff.next(failure.retryAfter().orElse(retry)));
            }
        } catch (InterruptedException | RuntimeException e) {
            if (!closed) {
                closed = true;
                listener.ended(new ClientException("listener", 0, "the listener failed", null, e));
            }
        } finally {
            closed = true;
        }
    }

    /** Opens a stream and passes its events on; returns why it ended. */
    private ClientException stream(URI node) throws InterruptedException {
        position.requested();
        HttpRequest.Builder request = HttpRequest.newBuilder(node.resolve("events?" + options.query(position.get())))
                .header("Accept", "text/event-stream");
        try {
            String token = connector.token();
            HttpResponse<InputStream> response = opening.open(request, token);
            if (response.statusCode() != 200) {
                return refused(response, token);
            }
            silence.reading();
            stream = response.body();
            return read(response.body());
        } catch (ClientException e) {
            return e;
        } catch (IOException e) {
            return new ClientException(
                    ClientException.UNREACHABLE, 0, "the stream has ended: " + e.getMessage(), null, e);
        } finally {
            closeStream();
        }
    }

    private ClientException refused(HttpResponse<InputStream> response, @Nullable String token) throws IOException {
        ClientException problem = Connector.problem(response, Connector.text(response.body(), MAX_PROBLEM_BYTES));
        if (response.statusCode() == UNAUTHORIZED) {
            boolean again = token == null
                    || token.equals(refusedToken)
                    || problem.code().equals("token-revoked");
            refusedToken = token;
            return again ? problem : new ClientException(problem.code(), 0, "the token was refused", null, problem);
        }
        return problem;
    }

    private ClientException read(InputStream body) throws IOException {
        EventReader reader = new EventReader(body, silence::reading);
        String reason = "";
        for (EventReader.ServerSentEvent event = reader.next(); event != null && !closed; event = reader.next()) {
            Long millis = event.retryMillis();
            retry = millis == null ? retry : Duration.ofMillis(millis);
            String data = event.data();
            if (data != null) {
                String type = Objects.requireNonNullElse(event.type(), "message");
                if (type.equals("carillon.close")) {
                    reason = Objects.requireNonNullElse(Json.text(Json.readObject(data), "reason"), "");
                    break;
                }
                silence.paused();
                take(type, Optional.ofNullable(event.id()), data);
                silence.reading();
            }
        }
        return reason.isEmpty()
                ? new ClientException(ClientException.UNREACHABLE, 0, "the stream has ended", null, null)
                : new ClientException(reason, 0, "the node closed the stream", null, null);
    }

    private void take(String type, Optional<String> id, String data) {
        switch (type) {
            case "carillon.open" -> {
                refusedToken = null;
                position.opened(id);
                Map<?, ?> opening = Json.readObject(data);
                context = Json.text(opening, "context");
                listener.opened(Objects.requireNonNullElse(Json.text(opening, "node"), ""));
            }
            case "carillon.ping" -> {
                String cursor = Json.text(Json.readObject(data), "cursor");
                if (cursor != null) {
                    position.advance(cursor);
                }
            }
            case "carillon.gap" -> {
                position.gap();
                listener.gap(Gap.of(Json.readObject(data)));
            }
            case "carillon.token" ->
                timing.thread("carillon-renewal", this::renew).start();
            case "carillon.status", "carillon.notice" -> {}
            default -> {
                if (position.accept(id)) {
                    listener.event(new ReceivedEvent(id, type, data));
                }
            }
        }
    }

    /** Replaces the token of the stream. If that fails, the stream ends, and the next one has the new token. */
    private void renew() {
        String renewed = Objects.requireNonNullElse(context, "");
        try {
            if (connector.renew(renewed)) {
                return;
            }
        } catch (ClientException e) {
            // As when the node refuses it. If the supplier failed, it is asked again for the next stream.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (renewed.equals(context)) {
            closeStream();
        }
    }

    private void watchSilence() {
        try {
            while (!closed) {
                timing.sleep(LOOK);
                opening.interruptIfUnanswered();
                if (stream != null && silence.isExceeded()) {
                    closeStream();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void closeStream() {
        InputStream open = stream;
        stream = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                // It has ended.
            }
        }
    }
}
