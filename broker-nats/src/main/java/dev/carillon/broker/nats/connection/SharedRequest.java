package dev.carillon.broker.nats.connection;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A request that many callers share. Callers that arrive while one is in flight share the next one, which starts after they asked. Only
 * one is in flight.
 */
public final class SharedRequest<T> {
    private final Callable<T> request;
    private final Executor threads;
    /** The result of the next request; null: no caller waits for it. Guarded by this. */
    private @Nullable CompletableFuture<T> next;
    /** Guarded by this. */
    private boolean running;

    /** @param threads runs the request, which blocks */
    public SharedRequest(Callable<T> request, Executor threads) {
        this.request = request;
        this.threads = threads;
    }

    public synchronized CompletableFuture<T> next() {
        CompletableFuture<T> result = next;
        if (result == null) {
            result = new CompletableFuture<>();
            next = result;
        }
        if (!running) {
            running = true;
            threads.execute(this::run);
        }
        // A copy, because a caller that cancels must not fail the others.
        return result.copy();
    }

    private void run() {
        CompletableFuture<T> result = takeNext();
        while (result != null) {
            try {
                result.complete(request.call());
            } catch (Exception e) {
                result.completeExceptionally(e);
            }
            result = takeNext();
        }
    }

    private synchronized @Nullable CompletableFuture<T> takeNext() {
        CompletableFuture<T> result = next;
        next = null;
        running = result != null;
        return result;
    }
}
