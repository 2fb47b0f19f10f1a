package dev.carillon.base;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Creates threads. Their names appear in thread dumps. Thread-safe. */
public interface Threads {
    /** A thread for code that may block, not started yet. It is a daemon. */
    Thread blocking(String name, Runnable task);

    /** An executor that runs each task on its own thread, where it may block. */
    default Executor each(String name) {
        return task -> blocking(name, task).start();
    }

    /**
     * An executor that runs tasks one at a time, in order. Tasks should not block.
     *
     * @param maxWaiting maximum number of waiting tasks; further tasks are refused with {@link java.util.concurrent.RejectedExecutionException}
     */
    ExecutorService newQueue(String name, int maxWaiting);

    /** A timer that runs tasks one at a time. Tasks must not block. Cancelled tasks are removed. */
    ScheduledExecutorService newTimer(String name);

    /**
     * Waits for an answer.
     *
     * @throws TimeoutException if it is not there within the limit
     * @throws ExecutionException if it has failed
     */
    default <T> T await(CompletableFuture<T> answer, Duration limit)
            throws InterruptedException, ExecutionException, TimeoutException {
        return answer.get(limit.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Blocks the calling thread for a time; returns early when the thread is interrupted. */
    void pause(Duration length);
}
