package dev.carillon.broker.nats;

import dev.carillon.broker.BrokerAwayException;
import dev.carillon.broker.OverloadedException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Blocking code on virtual threads: only so much at once, and only so much waiting; one more is refused as overloaded. What waited for
 * longer than the time limit is not begun any more.
 */
final class Work implements AutoCloseable {
    private final int maxWaiting;
    private final Semaphore permits;
    private final AtomicInteger waiting = new AtomicInteger();
    private final long timeoutMillis;
    private volatile boolean closed;

    Work(int atOnce, int maxWaiting, Duration timeout) {
        this.permits = new Semaphore(atOnce);
        this.maxWaiting = maxWaiting;
        this.timeoutMillis = timeout.toMillis();
    }

    /** The answer, or the failure as the contract knows it, within the time limit. */
    <T> CompletableFuture<T> call(Callable<T> question) {
        if (closed) {
            return CompletableFuture.failedFuture(new BrokerAwayException("the broker is closed"));
        }
        if (waiting.incrementAndGet() > maxWaiting) {
            waiting.decrementAndGet();
            return CompletableFuture.failedFuture(
                    new OverloadedException("more than " + maxWaiting + " questions wait for NATS"));
        }
        CompletableFuture<T> answer = new CompletableFuture<>();
        Thread.ofVirtual().name("carillon-nats").start(() -> run(question, answer));
        return within(answer);
    }

    /** The same answer, failed as the contract knows it when it fails, or when it takes longer than the time limit. */
    <T> CompletableFuture<T> within(CompletableFuture<T> answer) {
        return answer.orTimeout(timeoutMillis, TimeUnit.MILLISECONDS)
                .exceptionallyCompose(e -> CompletableFuture.failedFuture(Failures.told(e)));
    }

    private <T> void run(Callable<T> question, CompletableFuture<T> answer) {
        boolean permitted = false;
        try {
            permitted = permits.tryAcquire(timeoutMillis, TimeUnit.MILLISECONDS);
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
