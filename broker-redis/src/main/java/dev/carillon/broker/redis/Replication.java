package dev.carillon.broker.redis;

import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Confirms that replicas have what the server did before ({@code redis-replicas}), by {@code WAIT} on a connection of its own, because the
 * command blocks its connection.
 *
 * <p>{@code WAIT} covers the writes of its own connection only. A small write therefore precedes it: replication has one order, so a replica
 * that has this write has everything before it, whichever connection wrote that. A repeated broadcast, which writes nothing, is covered alike.
 *
 * <p>One {@code WAIT} is in flight at a time; requests that arrive meanwhile share the next one. Their number is bounded by that of the calls
 * of all {@link AppendQueue}s. Thread-safe; never blocks.
 */
final class Replication {
    /** Fewer replicas than {@code redis-replicas} confirmed in time; the outcome of the broadcast is unknown. */
    static final class MissingReplicasException extends RuntimeException {
        private static final long serialVersionUID = 1;

        MissingReplicasException(long have, int wanted) {
            super(have + " of the " + wanted + " replicas of redis-replicas have the last writes", null, false, false);
        }
    }

    /** A longer time would only keep broadcasts waiting that fail at their own deadline. */
    private static final Duration MAX_WAIT = Duration.ofSeconds(1);

    private static final byte[] EMPTY = {};
    private static final long KEY_TTL_MILLIS = 60_000;

    private final StatefulRedisConnection<String, byte[]> connection;
    private final IntFunction<String> key;
    private final int replicas;
    private final long waitMillis;
    private final LongSupplier nanoTime;

    // Below: guarded by this.
    private List<CompletableFuture<Void>> waiting = new ArrayList<>();
    private boolean inFlight;
    private long sentNanos;

    /**
     * @param key to write, by attempt: in a cluster, keys of different slots
     * @param timeout that of a broadcast; replicas may take half of it, and a second at most
     */
    Replication(
            StatefulRedisConnection<String, byte[]> connection,
            IntFunction<String> key,
            int replicas,
            Duration timeout,
            LongSupplier nanoTime) {
        this.connection = connection;
        this.key = key;
        this.replicas = replicas;
        Duration half = timeout.dividedBy(2);
        this.waitMillis = (half.compareTo(MAX_WAIT) < 0 ? half : MAX_WAIT).toMillis();
        this.nanoTime = nanoTime;
    }

    StatefulRedisConnection<String, byte[]> connection() {
        return connection;
    }

    /** Fails if the user may not use {@code WAIT}. */
    CompletionStage<Void> permitted() {
        return connection.async().waitForReplication(0, 1).thenAccept(x -> {});
    }

    /** Completes when the replicas have everything that the server did before; fails with {@link MissingReplicasException}, or as a command. */
    CompletionStage<Void> confirm() {
        CompletableFuture<Void> confirmed = new CompletableFuture<>();
        synchronized (this) {
            waiting.add(confirmed);
            if (inFlight) {
                return confirmed;
            }
            inFlight = true;
            sentNanos = nanoTime.getAsLong();
        }
        send();
        return confirmed;
    }

    private void send() {
        List<CompletableFuture<Void>> batch;
        synchronized (this) {
            if (waiting.isEmpty()) {
                inFlight = false;
                return;
            }
            batch = waiting;
            waiting = new ArrayList<>();
            sentNanos = nanoTime.getAsLong();
        }
        // A slot that moves takes no writes; the server has others.
        CompletionStage<Long> count =
                ask(0).exceptionallyCompose(e -> Failures.movedSlot(e) ? ask(1) : CompletableFuture.failedStage(e));
        CompletionStage<Void> _ = count.handle((n, e) -> {
            // Before the answers: the server has work while they are handled.
            send();
            settle(batch, n, e);
            return null;
        });
    }

    private CompletionStage<Long> ask(int attempt) {
        try {
            var written = connection.async().set(key.apply(attempt), EMPTY, SetArgs.Builder.px(KEY_TTL_MILLIS));
            return written.thenCombine(connection.async().waitForReplication(replicas, waitMillis), (ok, n) -> n);
        } catch (RuntimeException e) {
            return CompletableFuture.failedStage(e);
        }
    }

    private void settle(List<CompletableFuture<Void>> batch, @Nullable Long count, @Nullable Throwable failure) {
        if (count != null && count >= replicas) {
            batch.forEach(one -> one.complete(null));
            return;
        }
        Throwable why = failure != null ? failure : new MissingReplicasException(count == null ? 0 : count, replicas);
        batch.forEach(one -> one.completeExceptionally(why));
    }

    /** Time for which an answer is due; less than the wait itself is normal. */
    synchronized long silenceNanos() {
        return inFlight ? nanoTime.getAsLong() - sentNanos : 0;
    }
}
