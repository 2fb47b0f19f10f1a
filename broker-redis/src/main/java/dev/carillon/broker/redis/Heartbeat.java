package dev.carillon.broker.redis;

import io.lettuce.core.api.async.BaseRedisAsyncCommands;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;

/**
 * Detects whether a connection is alive. The answer to a ping follows everything sent before it, so a busy connection may answer late;
 * any received message therefore counts. One thread sends pings; any thread may receive.
 */
final class Heartbeat {
    private final LongSupplier nanoTime;
    private CompletableFuture<?> pong = CompletableFuture.completedFuture(null);
    private long sentNanos;
    private volatile long heardNanos;
    private volatile long tripNanos;

    Heartbeat(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.sentNanos = nanoTime.getAsLong();
        this.heardNanos = sentNanos;
    }

    void heard() {
        heardNanos = nanoTime.getAsLong();
    }

    /** Sends a ping, unless the previous one has no answer yet. */
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

    /** Round trip of the last ping. */
    Optional<Duration> roundTrip() {
        return tripNanos == 0 ? Optional.empty() : Optional.of(Duration.ofNanos(tripNanos));
    }

    long silenceNanos() {
        return pong.isDone() ? 0 : nanoTime.getAsLong() - Math.max(sentNanos, heardNanos);
    }
}
