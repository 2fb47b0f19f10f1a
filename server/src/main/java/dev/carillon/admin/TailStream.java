package dev.carillon.admin;

import dev.carillon.edge.WriteDeadline;
import dev.carillon.tail.Tail;
import io.undertow.io.IoCallback;
import io.undertow.io.Sender;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.IoUtils;

/** Writes a tail to one client, until either ends. Waits on a thread of its own; writes on the exchange's I/O thread. */
final class TailStream implements Runnable {
    static final String TYPE = "text/event-stream";

    private static final Logger LOGGER = LoggerFactory.getLogger(TailStream.class);
    /** Short, as the node notices only when it writes that the client has left. */
    private static final int HEARTBEAT_SECONDS = 1;
    /** A client that reads nothing for this long is disconnected. */
    private static final int STALL_SECONDS = 30;

    private final HttpServerExchange exchange;
    private final Tail tail;
    private final Runnable check;

    /** @param check called before each heartbeat */
    TailStream(HttpServerExchange exchange, Tail tail, Runnable check) {
        this.exchange = exchange;
        this.tail = tail;
        this.check = check;
    }

    /** Sets the head of the answer; on the exchange's I/O thread. */
    void begin() {
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, TYPE);
        WriteDeadline.exempt(exchange);
    }

    @Override
    public void run() {
        try {
            // Sends the head: the client knows that it misses nothing from here on.
            write(":\n\n");
            while (!tail.isClosed()) {
                Optional<String> next = tail.next(HEARTBEAT_SECONDS, TimeUnit.SECONDS);
                if (next.isEmpty()) {
                    check.run();
                }
                write(next.map(text -> "data: " + text + "\n\n").orElse(":\n\n"));
            }
        } catch (ExecutionException | TimeoutException | RejectedExecutionException e) {
            LOGGER.atDebug().log("a tail ended: {}", String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            end();
            tail.close();
        }
    }

    private void write(String text) throws ExecutionException, TimeoutException, InterruptedException {
        CompletableFuture<Void> written = new CompletableFuture<>();
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        exchange.getIoThread().execute(() -> {
            try {
                exchange.getResponseSender().send(bytes, new Written(written));
            } catch (RuntimeException e) {
                written.completeExceptionally(e);
            }
        });
        written.get(STALL_SECONDS, TimeUnit.SECONDS);
    }

    /** Not by the end of the answer: a client that does not read would keep its connection. */
    private void end() {
        try {
            exchange.getIoThread().execute(() -> IoUtils.safeClose(exchange.getConnection()));
        } catch (RejectedExecutionException e) {
            LOGGER.debug("a tail ended with its I/O thread");
        }
    }

    private record Written(CompletableFuture<Void> written) implements IoCallback {
        @Override
        public void onComplete(HttpServerExchange of, Sender sender) {
            written.complete(null);
        }

        @Override
        public void onException(HttpServerExchange of, Sender sender, IOException e) {
            written.completeExceptionally(e);
        }
    }
}
