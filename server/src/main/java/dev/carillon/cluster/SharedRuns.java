package dev.carillon.cluster;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets concurrent callers share the runs of an action. At most one run is in progress; those who ask meanwhile share the next one, which starts
 * when it has ended. So every caller gets a run that started after its call, and any number of callers costs one run at a time. Thread-safe;
 * never blocks.
 */
final class SharedRuns {
    private final Supplier<CompletionStage<Void>> action;

    // Guarded by this.
    private boolean running;
    /** Of those who wait for the next run; null: there are none. */
    private @Nullable CompletableFuture<Void> next;

    /** @param action one run; must complete in bounded time */
    SharedRuns(Supplier<CompletionStage<Void>> action) {
        this.action = action;
    }

    /** Completes, or fails, as a run that starts now or later. */
    CompletionStage<Void> run() {
        CompletableFuture<Void> mine = new CompletableFuture<>();
        synchronized (this) {
            if (running) {
                if (next == null) {
                    next = mine;
                }
                return next.copy();
            }
            running = true;
        }
        CompletionStage<Void> result = mine.copy();
        start(mine);
        return result;
    }

    private void start(CompletableFuture<Void> callers) {
        CompletionStage<Void> run;
        try {
            run = action.get();
        } catch (RuntimeException e) {
            run = CompletableFuture.failedFuture(e);
        }
        CompletionStage<Void> _ = run.whenComplete((x, e) -> {
            CompletableFuture<Void> waiting;
            synchronized (this) {
                waiting = next;
                next = null;
                running = waiting != null;
            }
            if (e == null) {
                callers.complete(null);
            } else {
                callers.completeExceptionally(e);
            }
            if (waiting != null) {
                start(waiting);
            }
        });
    }
}
