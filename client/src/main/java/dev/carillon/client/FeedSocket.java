package dev.carillon.client;

import java.net.http.WebSocket;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** An open WebSocket: messages with a reference, and the replies to them. Thread-safe. */
final class FeedSocket implements AutoCloseable {
    /** Exchanges with the node. */
    interface Change {
        void run() throws InterruptedException;
    }

    private record Call(Consumer<Map<?, ?>> onReply, CompletableFuture<Map<?, ?>> answer) {}

    private static final Duration MARK_PAUSE = Duration.ofMillis(20);
    private static final Duration MAX_MARK_PAUSE = Duration.ofMillis(500);

    private final WebSocket socket;
    private final Inbox inbox;
    private final Duration limit;
    /** A WebSocket of the JDK takes one message at a time. */
    private final ReentrantLock sending = new ReentrantLock();

    private final Map<String, Call> calls = new ConcurrentHashMap<>();
    private final AtomicLong references = new AtomicLong();
    private volatile boolean ended;
    /** Why this side has closed it; null: it has not, or for no reason. */
    private volatile @Nullable ClientException failure;

    /** @param limit of a message, and of the reply to it */
    FeedSocket(WebSocket socket, Inbox inbox, Duration limit) {
        this.socket = socket;
        this.inbox = inbox;
        this.limit = limit;
    }

    /** The next message may arrive. */
    void more() {
        socket.request(1);
    }

    /** @param after event id or cursor */
    void subscribe(List<String> topics, String after, Consumer<Map<?, ?>> onReply) throws InterruptedException {
        change(
                Map.of(
                        "type", Json.string("subscribe"),
                        "topics", Json.array(topics),
                        "after", Json.string(after)),
                onReply);
    }

    void unsubscribe(List<String> topics) throws InterruptedException {
        change(Map.of("type", Json.string("unsubscribe"), "topics", Json.array(topics)), reply -> {});
    }

    /** If the reply is not awaited, which scopes the connection has is not known, and it is closed. */
    private void change(Map<String, String> members, Consumer<Map<?, ?>> onReply) throws InterruptedException {
        try {
            Map<?, ?> _ = call(members, onReply);
        } catch (InterruptedException e) {
            close();
            throw e;
        }
    }

    /**
     * Waits for a position: all events before it have arrived, and none after it. There is none while scopes are being added.
     *
     * @param here receives its cursor, on the thread that reads
     * @param patience with scopes that are being added
     * @return the cursor
     */
    String mark(Consumer<String> here, Timing timing, Duration patience) throws InterruptedException {
        long start = timing.nanoTime();
        Duration pause = MARK_PAUSE;
        while (timing.nanoTime() - start < patience.toNanos()) {
            Map<?, ?> reply = call(Map.of("type", Json.string("ping")), answer -> {
                String cursor = Json.text(answer, "cursor");
                if (cursor != null) {
                    here.accept(cursor);
                }
            });
            String cursor = Json.text(reply, "cursor");
            if (cursor != null) {
                return cursor;
            }
            timing.sleep(pause);
            pause = pause.compareTo(MAX_MARK_PAUSE) < 0 ? pause.multipliedBy(2) : pause;
        }
        throw new ClientException("overloaded", 0, "scopes are being added for too long", null, null);
    }

    void renew(String token) throws InterruptedException {
        Map<?, ?> _ = call(Map.of("type", Json.string("renew"), "access_token", Json.string(token)), reply -> {});
    }

    /**
     * Sends a message and waits for the reply. Without a reply the connection is closed.
     *
     * @param members names and their JSON text
     * @param onReply runs on the thread that reads, between two messages, if the reply is no error
     * @throws ClientException the reply is an error, or did not arrive
     */
    private Map<?, ?> call(Map<String, String> members, Consumer<Map<?, ?>> onReply) throws InterruptedException {
        String reference = "r" + references.incrementAndGet();
        Call call = new Call(onReply, new CompletableFuture<>());
        calls.put(reference, call);
        try {
            Map<String, String> message = new LinkedHashMap<>(members);
            message.put("ref", Json.string(reference));
            send(Json.object(message));
            if (ended) {
                throw lost("the connection has ended", null);
            }
            return call.answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ClientException refused) {
                throw refused;
            }
            throw lost("the connection has ended", e);
        } catch (TimeoutException e) {
            close();
            throw lost("no reply within " + limit.toMillis() + " ms", e);
        } finally {
            calls.remove(reference);
        }
    }

    private void send(String text) throws InterruptedException, ExecutionException, TimeoutException {
        sending.lockInterruptibly();
        try {
            WebSocket _ = socket.sendText(text, true).get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } finally {
            sending.unlock();
        }
    }

    /** A message of the type {@code reply}; on the thread that reads. */
    void reply(Map<?, ?> message) {
        Call call = calls.get(Objects.requireNonNullElse(Json.text(message, "ref"), ""));
        if (call == null) {
            return;
        }
        if ("ok".equals(Json.text(message, "status"))) {
            call.onReply.accept(message);
            boolean _ = call.answer.complete(message);
        } else {
            String code = Objects.requireNonNullElse(Json.text(message, "code"), "internal");
            String detail = Objects.requireNonNullElse(Json.text(message, "detail"), "");
            boolean _ = call.answer.completeExceptionally(new ClientException(code, 0, detail, null, null));
        }
    }

    /** Exchanges with the node, not on the thread that reads. If they fail, this is closed, and the next connection begins anew. */
    void change(Timing timing, Change change) {
        timing.thread("carillon-feed-change", () -> {
                    try {
                        change.run();
                    } catch (ClientException e) {
                        failure = e;
                        close();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                })
                .start();
    }

    /** Why it has ended. */
    ClientException end(Inbox.Closed closing) {
        ClientException own = failure;
        String reason = closing.reason().isEmpty() ? ClientException.UNREACHABLE : closing.reason();
        return own == null ? new ClientException(reason, 0, "the connection has ended", null, null) : own;
    }

    /** No reply will arrive any more. */
    @Override
    public void close() {
        ended = true;
        socket.abort();
        inbox.abort();
        calls.values()
                .forEach(call -> call.answer.completeExceptionally(
                        new ClientException(ClientException.UNREACHABLE, 0, "the connection has ended", null, null)));
    }

    private static ClientException lost(String detail, @Nullable Throwable cause) {
        return new ClientException(ClientException.UNREACHABLE, 0, detail, null, cause);
    }
}
