package dev.carillon.client;

import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection of an application for many topics, which change while it is open, by a WebSocket. Its events name their scopes, so that the application can
 * pass them on to clients of its own. After a disconnect it connects again and goes on after the last event. It has the events of its topics, of {@code
 * global} and {@code system}. Thread-safe; calls block.
 */
public final class Feed implements AutoCloseable {
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration MARK_PAUSE = Duration.ofMillis(20);

    private final FeedOpening opening;
    private final Connector connector;
    private final Reading reading;
    private final Timing timing;
    private final Duration silence;
    private final FeedListener listener;
    private final Backoff backoff;
    private final Thread thread;
    /** Topics of the next connection, and of this one. Changed under {@link #changing}, or on the thread that reads. */
    private final Set<String> topics = ConcurrentHashMap.newKeySet();

    private final ReentrantLock changing = new ReentrantLock();
    /** The connection, after {@code open}; null: none. */
    private final AtomicReference<@Nullable FeedSocket> open = new AtomicReference<>();

    /** The event id or cursor after which the next connection begins; empty: none yet. */
    private volatile String position = "";

    private volatile boolean closed;
    private volatile @Nullable Duration retry;

    /** @param silence time without any message after which a connection is given up */
    Feed(HttpClient http, Connector connector, Timing timing, Duration silence, FeedListener listener) {
        this.opening = new FeedOpening(http, connector);
        this.connector = connector;
        this.reading = new Reading(connector);
        this.timing = timing;
        this.silence = silence;
        this.listener = listener;
        this.backoff = new Backoff(FIRST_PAUSE, timing);
        this.thread = timing.thread("carillon-feed", this::run);
    }

    Feed start() {
        thread.start();
        return this;
    }

    /** Whether it is connected at the moment. */
    public boolean isConnected() {
        return open.get() != null;
    }

    /**
     * Adds topics; returns when every later event of them arrives. Retained events do not. Topics that the feed has are left as they are.
     *
     * @throws ClientException none of the topics was added: the feed is not connected, or the node refuses them
     */
    public void subscribe(Collection<String> added) throws InterruptedException {
        changing.lockInterruptibly();
        try {
            FeedSocket socket = connected();
            List<String> missing =
                    added.stream().distinct().filter(x -> !topics.contains(x)).toList();
            if (!missing.isEmpty()) {
                // From now on: without a position, the retained events would arrive, which are older.
                String end = reading.position(List.of("topic:" + missing.getFirst()));
                socket.subscribe(missing, end, reply -> topics.addAll(missing));
            }
        } finally {
            changing.unlock();
        }
    }

    /** Removes topics. */
    public void unsubscribe(Collection<String> removed) throws InterruptedException {
        changing.lockInterruptibly();
        try {
            List<String> present =
                    removed.stream().distinct().filter(topics::contains).toList();
            FeedSocket socket = open.get();
            present.forEach(topics::remove);
            if (socket != null && !present.isEmpty()) {
                socket.unsubscribe(present);
                // The last event may be one of these topics, by whose id a connection without them cannot resume.
                String _ = mark(cursor -> {});
            }
        } finally {
            changing.unlock();
        }
    }

    /**
     * Marks the present position: all events before it have been passed to the listener, and none after it.
     *
     * @param here receives the cursor of the position, on the thread of the listener; must not block
     * @return the cursor
     * @throws ClientException the feed is not connected
     */
    public String mark(Consumer<String> here) throws InterruptedException {
        FeedSocket socket = connected();
        long start = timing.nanoTime();
        while (timing.nanoTime() - start < connector.timeout().toNanos()) {
            Map<?, ?> reply = socket.ping(answer -> {
                String cursor = Json.text(answer, "cursor");
                if (cursor != null) {
                    position = cursor;
                    here.accept(cursor);
                }
            });
            String cursor = Json.text(reply, "cursor");
            if (cursor != null) {
                return cursor;
            }
            timing.sleep(MARK_PAUSE);
        }
        throw new ClientException("overloaded", 0, "scopes are being added for too long", null, null);
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        end();
    }

    private FeedSocket connected() {
        FeedSocket socket = open.get();
        if (socket == null) {
            throw new ClientException(ClientException.UNREACHABLE, 0, "the feed is not connected", null, null);
        }
        return socket;
    }

    private void run() {
        try {
            while (!closed) {
                URI node = connector.node();
                ClientException failure = connection(node);
                end();
                if (!closed) {
                    listener.failed(failure);
                    connector.avoid(node);
                    timing.sleep(backoff.next(failure.retryAfter().orElse(retry)));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            closed = true;
            end();
        }
    }

    private void end() {
        FeedSocket socket = open.getAndSet(null);
        if (socket != null) {
            socket.close();
        }
    }

    /** Opens a connection and passes its events on; returns why it ended. After a failure of the listener the next connection begins with the next event. */
    private ClientException connection(URI node) throws InterruptedException {
        Inbox inbox = new Inbox();
        try (FeedSocket socket = opening.connect(node, topics, position, inbox)) {
            return read(socket, inbox);
        } catch (ClientException e) {
            return e;
        } catch (RuntimeException e) {
            return new ClientException("listener", 0, "the listener failed", null, e);
        }
    }

    private ClientException read(FeedSocket socket, Inbox inbox) throws InterruptedException {
        while (true) {
            switch (inbox.next(silence)) {
                case null -> {
                    return new ClientException(ClientException.UNREACHABLE, 0, "no message arrives", null, null);
                }
                case Inbox.Closed closing -> {
                    String reason = closing.reason().isEmpty() ? ClientException.UNREACHABLE : closing.reason();
                    return new ClientException(reason, 0, "the connection has ended", null, null);
                }
                case Inbox.Text message -> {
                    take(socket, Json.readObject(message.text(), FeedEvent.DATA));
                    socket.more();
                }
            }
        }
    }

    private void take(FeedSocket socket, Map<?, ?> message) {
        switch (Objects.requireNonNullElse(Json.text(message, "type"), "")) {
            case "event" -> {
                FeedEvent event = FeedEvent.of(message, "event");
                event.id().ifPresent(id -> position = id);
                listener.event(event);
            }
            case "open" -> {
                if (position.isEmpty()) {
                    position = Objects.requireNonNullElse(Json.text(message, "cursor"), "");
                }
                backoff.reset();
                open.set(socket);
                listener.opened();
            }
            case "ping" -> position = Objects.requireNonNullElse(Json.text(message, "cursor"), position);
            case "reply" -> socket.reply(message);
            case "gap" -> listener.gap(Gap.of(message));
            case "retry" -> retry = Duration.ofMillis(Json.number(message, "delay"));
            case "token" ->
                timing.thread("carillon-renewal", () -> renew(socket)).start();
            case "unsubscribed" -> {
                List<String> scopes = FeedEvent.strings(message.get("scopes"));
                topics.removeIf(topic -> scopes.contains("topic:" + topic));
                listener.withdrawn(scopes);
            }
            case "authenticate" -> socket.close();
            default -> {
                // hello, status, notice, or a message of a later release.
            }
        }
    }

    /** Replaces the token; if that fails, the connection ends, and the next one has the new token. */
    private void renew(FeedSocket socket) {
        try {
            socket.renew(Objects.requireNonNullElse(connector.token(), ""));
        } catch (ClientException e) {
            socket.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
