package dev.carillon.base;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * How long an answer may take. Unlike {@link CompletableFuture#orTimeout} it measures by a timer that is given.
 *
 * @param timer runs what depends on an answer that does not come in time
 */
public record TimeLimit(Duration length, ScheduledExecutorService timer) {
    /** The same future, which fails with {@link TimeoutException} where nothing else ends it within the limit from now. */
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
