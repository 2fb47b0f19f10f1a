package dev.carillon.base;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;

/** Makes threads. Names are for people who read thread dumps. Thread-safe. */
public interface Threads {
    /** For code that may block; not started yet. It does not keep the process from ending. */
    Thread blocking(String name, Runnable task);

    /** Runs each task at once on a thread of its own, where it may block. */
    default Executor each(String name) {
        return task -> blocking(name, task).start();
    }

    /**
     * Runs tasks one at a time, in the order in which they were given; they should not block.
     *
     * @param maxWaiting tasks that may wait; one more is refused with {@link java.util.concurrent.RejectedExecutionException}
     */
    ExecutorService newQueue(String name, int maxWaiting);

    /** Runs tasks one at a time, when they are due; they must not block. A task that is cancelled is not kept. */
    ScheduledExecutorService newTimer(String name);

    /** Has the calling thread, which may block, wait; returns earlier where it is interrupted. */
    void pause(Duration length);
}
