package dev.carillon.broker.redis;

import io.lettuce.core.api.async.BaseRedisAsyncCommands;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;

/**
 * Whether a connection lives. The answer to a ping comes after all that is on its way before it, so a busy connection may answer
 * late; therefore whatever is heard counts. Pinged by one thread, heard on any.
 */
final class Pulse {
    private final LongSupplier nanoTime;
    private CompletableFuture<?> pong = CompletableFuture.completedFuture(null);
    private long sentNanos;
    private volatile long heardNanos;
    private volatile long tripNanos;

    Pulse(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.sentNanos = nanoTime.getAsLong();
        this.heardNanos = sentNanos;
    }

    void heard() {
        heardNanos = nanoTime.getAsLong();
    }

    /** Pings, unless an answer is still owed. */
    void ping(BaseRedisAsyncCommands<String, byte[]> connection) {
        if (pong.isDone()) {
            long start = nanoTime.getAsLong();
            sentNanos = start;
            pong = connection.ping().toCompletableFuture().thenRun(() -> {
                heard();
                tripNanos = heardNanos - start;
            });
        }
    }

    /** From the last ping to its answer. */
    Optional<Duration> roundTrip() {
        return tripNanos == 0 ? Optional.empty() : Optional.of(Duration.ofNanos(tripNanos));
    }

    long silenceNanos() {
        return pong.isDone() ? 0 : nanoTime.getAsLong() - Math.max(sentNanos, heardNanos);
    }
}
