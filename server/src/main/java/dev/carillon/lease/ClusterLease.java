package dev.carillon.lease;

import dev.carillon.base.Platform;
import dev.carillon.base.TimeLimit;
import dev.carillon.broker.Store;
import dev.carillon.lease.LeaseState.Held;
import dev.carillon.lease.LeaseState.Left;
import dev.carillon.lease.LeaseState.Unknown;
import dev.carillon.lease.LeaseState.Watched;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lease, as one node sees it. At most one node holds it at a time.
 *
 * <pre>
 *             read             unchanged for its length, absent, or free: put(expected revision)
 *   Unknown ────────▶ Watched ──────────────────────────────────────────────▶ Held ─┐ renewed: put(expected revision)
 *      ▲                                                                       │ ▲───┘
 *      └──────────── another node has changed the record ─────────────────────┘
 * </pre>
 *
 * <p>Why two nodes do not hold it at the same time: let the last successful renewal be sent at s and applied by the store at a. The holder counts from s, and
 * stops at s + length − margin by its clock. Another node sees the new revision in an answer that arrives after a, counts from that arrival, and its put, which
 * expects that revision, is sent after arrival + length. As s ≤ a ≤ arrival, the second begins later than the first has stopped, if within the length of a
 * lease the clocks do not differ by more than the margin. No times of two machines are compared. A put that arrives late finds another revision.
 *
 * <p>What this cannot prevent: work of a holder that is paused in the middle of it, and continues later. For this there is the fence: each holder has a larger
 * one than the holders before, and the receiver of the work can refuse smaller ones. It is at least the time of day, so that it also grows when the store has
 * lost the record.
 *
 * <p>An answer of the store may be lost. A node that finds a record that it wrote itself, with the fence that it holds or has tried to get, continues with
 * it; not with an earlier one, as a store that fell back to older data would have.
 *
 * <p>Thread-safe. Nothing blocks. One step is in progress at a time.
 */
public final class ClusterLease {
    private static final Logger LOGGER = LoggerFactory.getLogger(ClusterLease.class);
    /** A lease that no node has held for so long is forgotten. */
    private static final Duration KEPT = Duration.ofDays(30);

    private static final long NONE = -1;
    private static final CompletionStage<Void> NOTHING = CompletableFuture.completedFuture(null);

    private final Store store;
    private final Store.Key key;
    private final String self;
    private final LeaseTerms terms;
    private final Platform platform;
    private final TimeLimit limit;
    private final Listener listener;
    // Below: guarded by this.
    private LeaseState state = new Unknown();
    private @Nullable CompletableFuture<Void> step;
    private int uses;
    private boolean leaving;
    private long highestFence;
    /** The fence of a put whose answer is missing. */
    private long attempted = NONE;
    /** When the work was marked last; null: it is not known. */
    private @Nullable Long markNanos;

    private boolean isMarkSaved = true;

    /** Receives changes; must not block. */
    interface Listener {
        void acquired();

        void lost();
    }

    /** @param self names this life of this node */
    ClusterLease(Store store, Store.Key key, String self, LeaseTerms terms, Platform platform, Listener listener) {
        this.store = store;
        this.key = key;
        this.self = self;
        this.terms = terms;
        this.platform = platform;
        this.limit = new TimeLimit(terms.length(), platform.timer());
        this.listener = listener;
    }

    /** Begins work that only the holder may do; empty: this node does not hold the lease, or leaves it. */
    public synchronized Optional<LeaseUse> begin() {
        if (leaving || !isHeld() || !(state instanceof Held held)) {
            return Optional.empty();
        }
        uses++;
        return Optional.of(new LeaseUse(this, held.fence()));
    }

    /** Whether this node holds the lease now. */
    public boolean isHeld() {
        return remaining().isPositive();
    }

    /** Whether this node takes no more work. */
    public synchronized boolean isLeaving() {
        return leaving;
    }

    /** The time until the end of the lease, if it is not renewed; zero: this node does not hold it. */
    synchronized Duration remaining() {
        return state instanceof Held held ? remaining(held) : Duration.ZERO;
    }

    synchronized Duration remaining(long fence) {
        return state instanceof Held held && held.fence() == fence ? remaining(held) : Duration.ZERO;
    }

    private Duration remaining(Held held) {
        Duration left = terms.length().minus(terms.margin()).minusNanos(now() - held.renewedNanos());
        return left.isPositive() ? left : Duration.ZERO;
    }

    /**
     * Marks the work as done now, for this holder and later ones; see {@link #sinceMark}.
     *
     * @return whether the store has the mark; if not, the one before counts
     */
    CompletionStage<Boolean> mark() {
        Long before;
        Long mine;
        synchronized (this) {
            before = markNanos;
            mine = now();
            markNanos = mine;
            isMarkSaved = false;
        }
        // A step in progress may have begun with the mark before.
        return tick().thenCompose(x -> tick()).thenApply(x -> {
            synchronized (this) {
                if (!isMarkSaved && mine.equals(markNanos)) {
                    markNanos = before;
                    isMarkSaved = true;
                    return false;
                }
                return true;
            }
        });
    }

    /**
     * The time since the work was marked by whichever holder. It is counted by every node itself: time in which no node ran, and up to one renewal before the
     * end of a failed node, is missing.
     */
    public synchronized Optional<Duration> sinceMark() {
        return markNanos == null ? Optional.empty() : Optional.of(Duration.ofNanos(now() - markNanos));
    }

    /**
     * Does what is due: renews the lease, or finds out whether it is free. To be called several times within its length.
     *
     * @return completes when that is done, also after a failure
     */
    public CompletionStage<Void> tick() {
        CompletableFuture<Void> begun = new CompletableFuture<>();
        Supplier<CompletionStage<Void>> due;
        synchronized (this) {
            if (step != null) {
                return step;
            }
            due = due();
            if (due == null) {
                return NOTHING;
            }
            step = begun;
        }
        CompletionStage<Void> running;
        try {
            running = due.get();
        } catch (RuntimeException e) {
            running = CompletableFuture.failedFuture(e);
        }
        CompletionStage<Void> _ = running.whenComplete((x, e) -> {
            if (e != null) {
                LOGGER.atDebug().addKeyValue("lease", key.name()).log("a lease was not reached: {}", e.toString());
            }
            synchronized (this) {
                step = null;
            }
            begun.complete(null);
        });
        return begun;
    }

    /**
     * Takes no more work, and frees the lease when the work in progress has ended.
     *
     * @return completes after the first attempt to free it, or at once while work is in progress
     */
    public CompletionStage<Void> leave() {
        synchronized (this) {
            leaving = true;
        }
        // A step in progress may be one that acquires it.
        return tick().thenCompose(x -> tick());
    }

    void end() {
        synchronized (this) {
            uses--;
            if (!leaving || uses > 0) {
                return;
            }
        }
        CompletionStage<Void> _ = leave();
    }

    /** Called while the lock is held; null: nothing is due. */
    private @Nullable Supplier<CompletionStage<Void>> due() {
        return switch (state) {
            case Held held when leaving && uses == 0 -> () -> free(held);
            case Held held ->
                isMarkSaved && now() - held.renewedNanos() < terms.renewal().toNanos() ? null : () -> renew(held);
            case Unknown _, Watched _ -> {
                if (leaving) {
                    state = new Left();
                    yield null;
                }
                yield () -> get().thenCompose(this::look);
            }
            case Left _ -> null;
        };
    }

    private CompletionStage<Void> renew(Held held) {
        return put(held.revision(), held.fence())
                .thenCompose(renewed -> renewed
                        ? NOTHING
                        : get().thenCompose(found -> {
                            if (found.isPresent() && isOwn(found.get(), held.fence())) {
                                return put(found.get().revision(), held.fence()).thenAccept(x -> {});
                            }
                            set(new Unknown());
                            LOGGER.atWarn()
                                    .addKeyValue("lease", key.name())
                                    .log("another node has taken a lease from this one");
                            listener.lost();
                            return NOTHING;
                        }));
    }

    private boolean isOwn(Store.Entry entry, long fence) {
        LeaseRecord record = LeaseRecord.parse(entry.value());
        return record.holder().equals(self) && record.fence() == fence;
    }

    private CompletionStage<Void> look(Optional<Store.Entry> found) {
        @Nullable
        LeaseRecord record =
                found.map(entry -> LeaseRecord.parse(entry.value())).orElse(null);
        long revision = found.map(Store.Entry::revision).orElse(Store.ABSENT);
        long fence;
        synchronized (this) {
            long now = now();
            boolean changed = !(state instanceof Watched watched) || watched.revision() != revision;
            if (changed) {
                state = new Watched(revision, now);
                if (found.isEmpty() || !isOwn(found.get(), attempted)) {
                    // A put that expects another revision has failed, or will.
                    attempted = NONE;
                }
                if (record != null) {
                    markNanos = record.markMillis() == LeaseRecord.NO_MARK
                            ? null
                            : Long.valueOf(now - TimeUnit.MILLISECONDS.toNanos(record.markMillis()));
                }
            }
            highestFence = Math.max(highestFence, record == null ? 0 : record.fence());
            if (leaving || !hasEnded(record, now)) {
                return NOTHING;
            }
            fence = record != null && found.isPresent() && isOwn(found.get(), attempted)
                    ? attempted
                    : Math.max(highestFence + 1, platform.clock().millis());
            attempted = fence;
        }
        return put(revision, fence).thenAccept(taken -> {
            synchronized (this) {
                attempted = NONE;
            }
            if (taken) {
                listener.acquired();
            } else {
                set(new Unknown());
            }
        });
    }

    /** Called while the lock is held, and the record is watched. */
    private boolean hasEnded(@Nullable LeaseRecord record, long now) {
        if (record != null && (record.isFree() || record.holder().equals(self) && record.fence() == attempted)) {
            return true;
        }
        Duration length = record == null ? terms.absence() : terms.length();
        return state instanceof Watched watched && now - watched.sinceNanos() >= length.toNanos();
    }

    private CompletionStage<Void> free(Held held) {
        set(new Left());
        return limit.on(store.put(key, record("", held.fence()).bytes(), held.revision(), KEPT)
                        .toCompletableFuture()
                        .copy())
                .thenAccept(x -> {});
    }

    /** Writes a record of this node. @return whether it holds the lease now */
    private CompletionStage<Boolean> put(long expected, long fence) {
        long sent = now();
        LeaseRecord record;
        Long mark;
        synchronized (this) {
            record = record(self, fence);
            mark = markNanos;
        }
        return limit.on(store.put(key, record.bytes(), expected, KEPT)
                        .toCompletableFuture()
                        .copy())
                .thenApply(written -> {
                    written.ifPresent(revision -> held(new Held(revision, fence, sent), mark));
                    return written.isPresent();
                });
    }

    /** @param mark that the record has */
    private synchronized void held(Held next, @Nullable Long mark) {
        state = next;
        isMarkSaved |= Objects.equals(mark, markNanos);
    }

    private CompletionStage<Optional<Store.Entry>> get() {
        return limit.on(store.get(key).toCompletableFuture().copy());
    }

    private synchronized LeaseRecord record(String holder, long fence) {
        return new LeaseRecord(
                holder,
                fence,
                sinceMark().map(since -> Math.max(0, since.toMillis())).orElse(LeaseRecord.NO_MARK));
    }

    private synchronized void set(LeaseState next) {
        state = next;
    }

    private long now() {
        return platform.nanoTime().getAsLong();
    }
}
