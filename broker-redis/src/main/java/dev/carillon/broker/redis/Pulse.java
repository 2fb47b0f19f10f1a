package dev.carillon.broker.redis;

import io.lettuce.core.api.async.BaseRedisAsyncCommands;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Whether a connection lives. The answer to a ping comes after all that is on its way before it, so a busy connection may answer
 * late; therefore whatever is heard counts. Pinged by one thread, heard on any.
 */
final class Pulse {
    private CompletableFuture<?> pong = CompletableFuture.completedFuture(null);
    private long sentNanos = System.nanoTime();
    private volatile long heardNanos = sentNanos;
    private volatile long tripNanos;

    void heard() {
        heardNanos = System.nanoTime();
    }

    /** Pings, unless an answer is still owed. */
    void ping(BaseRedisAsyncCommands<String, byte[]> connection) {
        if (pong.isDone()) {
            long start = System.nanoTime();
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
        return pong.isDone() ? 0 : System.nanoTime() - Math.max(sentNanos, heardNanos);
    }
}
