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
 * Blocking code: only so much at once, and only so much waiting; one more is refused as overloaded. What waited for
 * longer than the time limit is not begun any more.
 */
public final class BlockingCalls implements AutoCloseable {
    private final int maxWaiting;
    private final Semaphore permits;
    private final AtomicInteger waiting = new AtomicInteger();
    private final TimeLimit limit;
    private final Executor threads;
    private volatile boolean closed;

    /**
     * @param limit of a question, its waiting included
     * @param threads runs the questions, which block
     */
    public BlockingCalls(int atOnce, int maxWaiting, TimeLimit limit, Executor threads) {
        this.permits = new Semaphore(atOnce);
        this.maxWaiting = maxWaiting;
        this.limit = limit;
        this.threads = threads;
    }

    /** The answer, or the failure as the contract knows it, within the time limit. */
    public <T> CompletableFuture<T> call(Callable<T> question) {
        if (closed) {
            return CompletableFuture.failedFuture(new BrokerUnavailableException("the broker is closed"));
        }
        if (waiting.incrementAndGet() > maxWaiting) {
            waiting.decrementAndGet();
            return CompletableFuture.failedFuture(
                    new OverloadedException("more than " + maxWaiting + " questions wait for NATS"));
        }
        CompletableFuture<T> answer = new CompletableFuture<>();
        threads.execute(() -> run(question, answer));
        return within(answer);
    }

    /** The same answer, failed as the contract knows it when it fails, or when it takes longer than the time limit. */
    public <T> CompletableFuture<T> within(CompletableFuture<T> answer) {
        return limit.on(answer).exceptionallyCompose(e -> CompletableFuture.failedFuture(Failures.told(e)));
    }

    private <T> void run(Callable<T> question, CompletableFuture<T> answer) {
        boolean permitted = false;
        try {
            permitted = permits.tryAcquire(limit.length().toMillis(), TimeUnit.MILLISECONDS);
            waiting.decrementAndGet();
            if (permitted && !answer.isDone()) {
                answer.complete(question.call());
            }
        } catch (Throwable e) {
            if (!permitted) {
                waiting.decrementAndGet();
            }
            answer.completeExceptionally(e);
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
