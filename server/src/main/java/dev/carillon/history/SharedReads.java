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
 * Caches pages of a tenant's log for a few seconds, so that many clients that resume at the same time, as after a node's crash, share the reads. The
 * cache holds up to {@value #MAX_BYTES} bytes, or an eighth of the memory budget if that is less; they are charged to no address. Thread-safe.
 */
final class SharedReads {
    private static final long MAX_BYTES = 32L * 1024 * 1024;
    /** Weight of an entry without a page. */
    private static final int EMPTY_BYTES = 1_024;

    private static final int PAGE_EVENTS = 256;
    private static final Duration TIME_TO_LIVE = Duration.ofSeconds(5);

    private record Key(Tenant tenant, Position after) {}

    /** The page after one position. At most one read is in progress and at most one waits for it to end. */
    private final class CachedPage {
        private final Key key;
        private long startedNanos;
        private @Nullable CompletableFuture<Page> reading;
        private @Nullable CompletableFuture<Page> following;
        /** Weight in the cache; updated when the page was read. */
        private volatile int bytes = EMPTY_BYTES;

        CachedPage(Key key) {
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
                pages.asMap().replace(key, this, this);
            });
            return begun;
        }

        /** Whether the page is complete: later events do not change it. */
        private static boolean isFull(CompletableFuture<Page> page) {
            return page.isDone()
                    && !page.isCompletedExceptionally()
                    && page.join().more();
        }
    }

    private final Log log;
    private final LongSupplier nanoTime;
    private final Cache<Key, CachedPage> pages;

    SharedReads(Log log, MemoryBudget budget, LongSupplier nanoTime) {
        this.log = log;
        this.nanoTime = nanoTime;
        this.pages = Caffeine.newBuilder()
                .maximumWeight(Math.min(MAX_BYTES, budget.ceiling() / 8))
                .weigher((Key key, CachedPage page) -> page.bytes)
                .expireAfterAccess(TIME_TO_LIVE)
                .ticker(nanoTime::getAsLong)
                .executor(Runnable::run)
                .build();
    }

    /** The clock that {@code notBeforeNanos} refers to. */
    long nanoTime() {
        return nanoTime.getAsLong();
    }

    /** The start of the shared page that contains a position. */
    static Position pageStart(Position after) {
        return untimed(after, after.sequence() / PAGE_EVENTS * PAGE_EVENTS);
    }

    /**
     * Reads a page of the tenant's log.
     *
     * @param after a result of {@link #pageStart}, or the end of the page before
     * @param notBeforeNanos earliest start of the read that is acceptable, unless the page is full
     */
    CompletionStage<Page> read(Tenant tenant, Position after, long notBeforeNanos) {
        return pages.get(new Key(tenant, untimed(after, after.sequence())), CachedPage::new)
                .read(notBeforeNanos);
    }

    /** Without a time: each client has that of its own last event, and no two clients would share a page. A read needs none. */
    private static Position untimed(Position of, long sequence) {
        return new Position(of.epoch(), sequence, 0);
    }
}
