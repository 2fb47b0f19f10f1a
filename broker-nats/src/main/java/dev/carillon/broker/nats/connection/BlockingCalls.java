package dev.carillon.broker.nats.connection;

import dev.carillon.base.TimeLimit;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.OverloadedException;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs blocking calls on virtual threads, with a limit of concurrent and of waiting calls; further ones are refused as overloaded. A call
 * that has waited for its time limit is not started.
 */
public final class BlockingCalls implements AutoCloseable {
    private final int maxWaiting;
    private final Semaphore permits;
    private final AtomicInteger waiting = new AtomicInteger();
    private final TimeLimit limit;
    private final Executor threads;
    private volatile boolean closed;

    /**
     * @param limit time limit of a call, including its wait
     * @param threads runs the calls, which block
     */
    public BlockingCalls(int atOnce, int maxWaiting, TimeLimit limit, Executor threads) {
        this.permits = new Semaphore(atOnce);
        this.maxWaiting = maxWaiting;
        this.limit = limit;
        this.threads = threads;
    }

    /** Runs a task; completes within the time limit, with its result or with the SPI's exception for its failure. */
    public <T> CompletableFuture<T> call(Callable<T> task) {
        if (closed) {
            return CompletableFuture.failedFuture(new BrokerUnavailableException("the broker is closed"));
        }
        if (waiting.incrementAndGet() > maxWaiting) {
            waiting.decrementAndGet();
            return CompletableFuture.failedFuture(
                    new OverloadedException("more than " + maxWaiting + " requests wait for NATS"));
        }
        CompletableFuture<T> result = new CompletableFuture<>();
        threads.execute(() -> run(task, result));
        return within(result);
    }

    /** The same result within the time limit, with failures mapped to the SPI's exceptions. */
    public <T> CompletableFuture<T> within(CompletableFuture<T> result) {
        return limit.on(result).exceptionallyCompose(e -> CompletableFuture.failedFuture(Failures.toBrokerFailure(e)));
    }

    private <T> void run(Callable<T> task, CompletableFuture<T> result) {
        boolean permitted = false;
        try {
            permitted = permits.tryAcquire(limit.length().toMillis(), TimeUnit.MILLISECONDS);
            waiting.decrementAndGet();
            if (permitted && !result.isDone()) {
                result.complete(task.call());
            }
        } catch (Throwable e) {
            if (!permitted) {
                waiting.decrementAndGet();
            }
            result.completeExceptionally(e);
        } finally {
            if (permitted) {
                permits.release();
            }
        }
    }

    @Override
    public void close() {
        closed = true;
    }
}
