package dev.carillon.broker.nats.connection;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * An exchange with the server that many callers share: whoever comes while one is under way gets the result of the next, which
 * begins after he asked. One at a time.
 */
public final class SharedRequest<T> {
    private final Callable<T> exchange;
    private final Executor threads;
    /** Guarded by this: who gets the result of the next one; null: nobody. */
    private @Nullable CompletableFuture<T> next;
    /** Guarded by this. */
    private boolean running;

    /** @param threads runs the exchange, which blocks */
    public SharedRequest(Callable<T> exchange, Executor threads) {
        this.exchange = exchange;
        this.threads = threads;
    }

    public synchronized CompletableFuture<T> next() {
        CompletableFuture<T> asked = next;
        if (asked == null) {
            asked = new CompletableFuture<>();
            next = asked;
        }
        if (!running) {
            running = true;
            threads.execute(this::run);
        }
        // A copy: a caller who gives up must not fail the others.
        return asked.copy();
    }

    private void run() {
        CompletableFuture<T> asked = take();
        while (asked != null) {
            try {
                asked.complete(exchange.call());
            } catch (Exception e) {
                asked.completeExceptionally(e);
            }
            asked = take();
        }
    }

    private synchronized @Nullable CompletableFuture<T> take() {
        CompletableFuture<T> asked = next;
        next = null;
        running = asked != null;
        return asked;
    }
}
