package dev.carillon.client;

import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection of an application for many topics, which change while it is open, by a WebSocket. Its events name their scopes, so that the application can
 * pass them on to clients of its own. After a disconnect it connects again and goes on after the last event; the missed events of
 * {@code global} may come before those of topics then. It has the events of its topics, of {@code
 * global} and {@code system}. Thread-safe; calls block.
 */
public final class Feed implements AutoCloseable {
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

    private final FeedOpening opening;
    private final Connector connector;
    private final Reading reading;
    private final Timing timing;
    private final Duration silence;
    private final FeedListener listener;
    private final Backoff backoff;
    private final Thread thread;
    private final FeedTopics topics = new FeedTopics();
    private final FeedPosition position = new FeedPosition();
    /** The connection, after {@code open} and with all topics; null: none. */
    private final AtomicReference<@Nullable FeedSocket> open = new AtomicReference<>();

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
        topics.change(() -> {
            FeedSocket socket = connected();
            List<String> missing = topics.missing(added);
            if (!missing.isEmpty()) {
                // From now on: without a position, the retained events would arrive, which are older.
                String end = reading.position(List.of("topic:" + missing.getFirst()));
                socket.subscribe(missing, end, reply -> topics.add(missing));
            }
        });
    }

    /** Removes topics. Without a connection they are removed when there is one. */
    public void unsubscribe(Collection<String> removed) throws InterruptedException {
        topics.change(() -> {
            topics.leave(removed);
            FeedSocket socket = open.get();
            if (socket != null) {
                topics.remove(socket, () -> settle(socket));
            }
        });
    }

    /**
     * Marks the present position: all events before it have been passed to the listener, and none after it.
     *
     * @param here receives the cursor of the position, on the thread of the listener; must not block
     * @return the cursor
     * @throws ClientException the feed is not connected
     */
    public String mark(Consumer<String> here) throws InterruptedException {
        return mark(connected(), here);
    }

    /** The last event may be one of a topic that is removed, by whose id a connection without the topic cannot resume. */
    private void settle(FeedSocket socket) throws InterruptedException {
        String _ = mark(socket, cursor -> {});
    }

    private String mark(FeedSocket socket, Consumer<String> here) throws InterruptedException {
        return socket.mark(
                cursor -> {
                    position.at(cursor);
                    here.accept(cursor);
                },
                timing,
                connector.timeout());
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        end();
    }

    boolean isClosed() {
        return closed;
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
                ClientException reason = connection(node);
                end();
                if (!closed) {
                    failed(reason);
                    connector.avoid(node);
                    timing.sleep(backoff.next(reason.retryAfter().orElse(retry)));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            closed = true;
            end();
        }
    }

    private void failed(ClientException reason) {
        try {
            listener.failed(reason);
        } catch (RuntimeException e) {
            // The feed goes on: without it, no event would come any more.
            thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
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
        List<String> begin = topics.all();
        boolean fits = FeedOpening.fits(begin);
        try (FeedSocket socket = opening.connect(node, fits ? begin : List.of(), position.value(), inbox)) {
            position.hold(!fits);
            return read(socket, inbox, fits);
        } catch (ClientException e) {
            return e;
        } catch (RuntimeException e) {
            return new ClientException("listener", 0, "the listener failed", null, e);
        }
    }

    private ClientException read(FeedSocket socket, Inbox inbox, boolean complete) throws InterruptedException {
        while (true) {
            switch (inbox.next(silence)) {
                case null -> {
                    return new ClientException(ClientException.UNREACHABLE, 0, "no message arrives", null, null);
                }
                case Inbox.Closed closing -> {
                    return socket.end(closing);
                }
                case Inbox.Text message -> {
                    take(socket, Json.answer(message.text(), FeedEvent.DATA), complete);
                    socket.more();
                }
            }
        }
    }

    /** @param complete whether the connection has begun with all topics */
    private void take(FeedSocket socket, Map<?, ?> message, boolean complete) {
        switch (Objects.requireNonNullElse(Json.text(message, "type"), "")) {
            case "event" -> {
                FeedEvent event = FeedEvent.of(message, "event");
                if (position.next(event)) {
                    listener.event(event);
                }
            }
            case "open" -> {
                position.begin(Json.text(message, "cursor"));
                if (complete) {
                    opened(socket);
                } else {
                    socket.change(timing, () -> topics.rejoin(socket, position, timing, () -> opened(socket)));
                }
            }
            case "ping" -> position.at(Json.text(message, "cursor"));
            case "reply" -> socket.reply(message);
            case "gap" -> listener.gap(Gap.of(message));
            case "retry" -> retry = Duration.ofMillis(Json.number(message, "delay"));
            case "token" ->
                socket.change(timing, () -> socket.renew(Objects.requireNonNullElse(connector.token(), "")));
            case "unsubscribed" -> {
                List<String> scopes = FeedEvent.strings(message.get("scopes"));
                topics.withdraw(scopes);
                listener.withdrawn(scopes);
                socket.change(timing, () -> settle(socket));
            }
            case "authenticate" -> socket.close();
            default -> {
                // hello, status, notice, or a message of a later release.
            }
        }
    }

    /** On the thread that reads. */
    private void opened(FeedSocket socket) {
        backoff.reset();
        open.set(socket);
        listener.opened();
        if (topics.isAnyLeaving()) {
            socket.change(timing, () -> topics.change(() -> topics.remove(socket, () -> settle(socket))));
        }
    }
}
