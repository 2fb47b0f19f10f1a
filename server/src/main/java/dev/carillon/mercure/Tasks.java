package dev.carillon.mercure;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Work that waits for the broker: so much of it is under way at once, so much more waits in order, and what is beyond that is not
 * taken. Thread-safe; tasks must not block.
 */
final class Tasks {
    private final int maxAtOnce;
    private final int maxWaiting;
    private final Executor threads;
    private final AtomicInteger signals = new AtomicInteger();

    // Below: guarded by this.
    private final Queue<Supplier<? extends CompletionStage<?>>> waiting = new ArrayDeque<>();
    private int underWay;
    private CompletableFuture<Void> idle = CompletableFuture.completedFuture(null);

    /** @param threads begins the tasks */
    Tasks(int maxAtOnce, int maxWaiting, Executor threads) {
        this.maxAtOnce = maxAtOnce;
        this.maxWaiting = maxWaiting;
        this.threads = threads;
    }

    /** False: there is no room for it. The task itself says what its failure means. */
    boolean offer(Supplier<? extends CompletionStage<?>> task) {
        synchronized (this) {
            if (waiting.size() >= maxWaiting) {
                return false;
            }
            if (waiting.isEmpty() && underWay == 0) {
                idle = new CompletableFuture<>();
            }
            waiting.add(task);
        }
        signal();
        return true;
    }

    /** Completes when nothing is under way or waits, of what was offered until now and meanwhile. */
    synchronized CompletionStage<Void> idle() {
        return idle.copy();
    }

    /** One thread at a time begins tasks, in a loop: they may end at once, thousands after each other. */
    private void signal() {
        if (signals.getAndIncrement() == 0) {
            threads.execute(this::begin);
        }
    }

    private void begin() {
        int seen = 1;
        do {
            Supplier<? extends CompletionStage<?>> task;
            while ((task = next()) != null) {
                run(task);
            }
            seen = signals.addAndGet(-seen);
        } while (seen != 0);
    }

    private synchronized @Nullable Supplier<? extends CompletionStage<?>> next() {
        if (underWay >= maxAtOnce || waiting.isEmpty()) {
            return null;
        }
        underWay++;
        return waiting.remove();
    }

    private void run(Supplier<? extends CompletionStage<?>> task) {
        CompletionStage<?> stage;
        try {
            stage = task.get();
        } catch (RuntimeException e) {
            stage = CompletableFuture.failedFuture(e);
        }
        stage.whenComplete((x, e) -> done());
    }

    private void done() {
        CompletableFuture<Void> ended = null;
        synchronized (this) {
            underWay--;
            if (underWay == 0 && waiting.isEmpty()) {
                ended = idle;
            }
        }
        if (ended != null) {
            ended.complete(null);
        }
        signal();
    }
}
