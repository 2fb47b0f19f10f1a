package dev.carillon.limits;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs asynchronous tasks with bounded concurrency and a bounded queue, in order; refuses tasks beyond both. Thread-safe; tasks must not
 * block.
 */
public final class TaskQueue {
    private final int maxConcurrent;
    private final int maxQueued;
    private final Executor threads;
    private final AtomicInteger signals = new AtomicInteger();

    // The fields below are guarded by this.
    private final Queue<Supplier<? extends CompletionStage<?>>> queue = new ArrayDeque<>();
    private int running;
    private CompletableFuture<Void> idle = CompletableFuture.completedFuture(null);

    /** @param threads starts the tasks */
    public TaskQueue(int maxConcurrent, int maxQueued, Executor threads) {
        this.maxConcurrent = maxConcurrent;
        this.maxQueued = maxQueued;
        this.threads = threads;
    }

    /**
     * Queues a task. The task handles its own failure.
     *
     * @return false when the queue is full
     */
    public boolean offer(Supplier<? extends CompletionStage<?>> task) {
        synchronized (this) {
            if (queue.size() >= maxQueued) {
                return false;
            }
            if (queue.isEmpty() && running == 0) {
                idle = new CompletableFuture<>();
            }
            queue.add(task);
        }
        signal();
        return true;
    }

    /** Completes when no task runs or is queued, including tasks offered in the meantime. */
    public synchronized CompletionStage<Void> idle() {
        return idle.copy();
    }

    /** One thread at a time starts tasks, in a loop and not by recursion: thousands of tasks may complete at once. */
    private void signal() {
        if (signals.getAndIncrement() == 0) {
            threads.execute(this::startTasks);
        }
    }

    private void startTasks() {
        int handled = 1;
        do {
            Supplier<? extends CompletionStage<?>> task;
            while ((task = next()) != null) {
                start(task);
            }
            handled = signals.addAndGet(-handled);
        } while (handled != 0);
    }

    private synchronized @Nullable Supplier<? extends CompletionStage<?>> next() {
        if (running >= maxConcurrent || queue.isEmpty()) {
            return null;
        }
        running++;
        return queue.remove();
    }

    private void start(Supplier<? extends CompletionStage<?>> task) {
        CompletionStage<?> stage;
        try {
            stage = task.get();
        } catch (RuntimeException e) {
            stage = CompletableFuture.failedFuture(e);
        }
        stage.whenComplete((x, e) -> completed());
    }

    private void completed() {
        CompletableFuture<Void> nowIdle = null;
        synchronized (this) {
            running--;
            if (running == 0 && queue.isEmpty()) {
                nowIdle = idle;
            }
        }
        if (nowIdle != null) {
            nowIdle.complete(null);
        }
        signal();
    }
}
