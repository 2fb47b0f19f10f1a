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
    private record Call(Consumer<Map<?, ?>> onReply, CompletableFuture<Map<?, ?>> answer) {}

    private final WebSocket socket;
    private final Inbox inbox;
    private final Duration limit;
    /** A WebSocket of the JDK takes one message at a time. */
    private final ReentrantLock sending = new ReentrantLock();

    private final Map<String, Call> calls = new ConcurrentHashMap<>();
    private final AtomicLong references = new AtomicLong();
    private volatile boolean ended;

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
        Map<?, ?> _ = call(
                Map.of(
                        "type", Json.string("subscribe"),
                        "topics", Json.array(topics),
                        "after", Json.string(after)),
                onReply);
    }

    void unsubscribe(List<String> topics) throws InterruptedException {
        Map<?, ?> _ = call(Map.of("type", Json.string("unsubscribe"), "topics", Json.array(topics)), reply -> {});
    }

    Map<?, ?> ping(Consumer<Map<?, ?>> onReply) throws InterruptedException {
        return call(Map.of("type", Json.string("ping")), onReply);
    }

    void renew(String token) throws InterruptedException {
        Map<?, ?> _ = call(Map.of("type", Json.string("renew"), "access_token", Json.string(token)), reply -> {});
    }

    /**
     * Sends a message and waits for the reply.
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
