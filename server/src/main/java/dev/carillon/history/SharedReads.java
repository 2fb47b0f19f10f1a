package dev.carillon.history;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.carillon.broker.Log;
import dev.carillon.broker.Page;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Readings of a whole tenant's log, shared: when a node has died a thousand clients ask for the same last seconds at once. Pages of at most
 * {@value #MAX_BYTES} bytes, or an eighth of the memory budget if that is less, are remembered, for some seconds; they are charged to
 * no address. Thread-safe.
 */
final class SharedReads {
    private static final long MAX_BYTES = 32L * 1024 * 1024;
    /** Of one that is being read. */
    private static final int EMPTY_BYTES = 1_024;

    private static final int PAGE_EVENTS = 256;
    private static final Duration REMEMBERED = Duration.ofSeconds(5);

    private record Key(Tenant tenant, Position after) {}

    /** What is read after one position: one reading at a time, and at most one that waits for its end to begin. */
    private final class Slot {
        private final Key key;
        private long startedNanos;
        private @Nullable CompletableFuture<Page> reading;
        private @Nullable CompletableFuture<Page> following;
        /** Of the page, for the bound of all; it is weighed again when it has come. */
        private volatile int bytes = EMPTY_BYTES;

        Slot(Key key) {
            this.key = key;
        }

        synchronized CompletableFuture<Page> read(long notBeforeNanos) {
            CompletableFuture<Page> now = reading;
            if (now == null) {
                return start();
            }
            if (startedNanos - notBeforeNanos >= 0 && !now.isCompletedExceptionally() || isFull(now)) {
                return now;
            }
            if (now.isDone()) {
                return start();
            }
            CompletableFuture<Page> next = following;
            if (next == null) {
                CompletableFuture<Page> later = new CompletableFuture<>();
                following = later;
                CompletableFuture<Page> _ = now.whenComplete((page, e) -> startFollowing(later));
                return later;
            }
            return next;
        }

        private void startFollowing(CompletableFuture<Page> later) {
            CompletableFuture<Page> begun;
            synchronized (this) {
                following = null;
                begun = start();
            }
            CompletableFuture<Page> _ = begun.whenComplete((page, e) -> {
                if (e == null) {
                    later.complete(page);
                } else {
                    later.completeExceptionally(e);
                }
            });
        }

        private CompletableFuture<Page> start() {
            startedNanos = nanoTime.getAsLong();
            CompletableFuture<Page> begun =
                    log.read(key.tenant(), List.of(), key.after(), PAGE_EVENTS).toCompletableFuture();
            reading = begun;
            CompletableFuture<Void> _ = begun.thenAccept(page -> {
                bytes = (int) Math.min(Integer.MAX_VALUE, EMPTY_BYTES + HeapBytes.of(page));
                slots.asMap().replace(key, this, this);
            });
            return begun;
        }

        /** What comes later does not change it. */
        private static boolean isFull(CompletableFuture<Page> page) {
            return page.isDone()
                    && !page.isCompletedExceptionally()
                    && page.join().more();
        }
    }

    private final Log log;
    private final LongSupplier nanoTime;
    private final Cache<Key, Slot> slots;

    SharedReads(Log log, MemoryBudget budget, LongSupplier nanoTime) {
        this.log = log;
        this.nanoTime = nanoTime;
        this.slots = Caffeine.newBuilder()
                .maximumWeight(Math.min(MAX_BYTES, budget.ceiling() / 8))
                .weigher((Key key, Slot slot) -> slot.bytes)
                .expireAfterAccess(REMEMBERED)
                .ticker(nanoTime::getAsLong)
                .build();
    }

    /** Of the clock by which readings begin. */
    long nanoTime() {
        return nanoTime.getAsLong();
    }

    /** Where to begin, at or before a position, so that others begin there too. */
    static Position begin(Position after) {
        return new Position(after.epoch(), after.sequence() / PAGE_EVENTS * PAGE_EVENTS, after.atMillis());
    }

    /**
     * All events of the tenant after a position that {@link #begin} gave, or with which the page before ended.
     *
     * @param notBeforeNanos when the reading may have begun, at the earliest, unless later events change nothing in it
     */
    CompletionStage<Page> read(Tenant tenant, Position after, long notBeforeNanos) {
        return slots.get(new Key(tenant, after), Slot::new).read(notBeforeNanos);
    }
}
