package dev.carillon.base;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Limits the time for an asynchronous answer. Unlike {@link CompletableFuture#orTimeout} it uses a given timer.
 *
 * @param timer runs the actions that depend on an answer that is late
 */
public record TimeLimit(Duration length, ScheduledExecutorService timer) {
    /** Makes the future fail with {@link TimeoutException} if it is not completed within the limit from now, and returns it. */
    public <T> CompletableFuture<T> on(CompletableFuture<T> answer) {
        if (!answer.isDone()) {
            ScheduledFuture<?> end = timer.schedule(
                    () -> {
                        boolean _ = answer.completeExceptionally(new TimeoutException());
                    },
                    length.toMillis(),
                    TimeUnit.MILLISECONDS);
            CompletableFuture<T> _ = answer.whenComplete((x, e) -> end.cancel(false));
        }
        return answer;
    }
}
