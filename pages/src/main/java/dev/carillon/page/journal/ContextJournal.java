package dev.carillon.page.journal;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.Store;
import dev.carillon.scope.Tenant;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The journal of one context of this node.
 *
 * <p>Each write expects the revision of the one before. So the revision is the fence: when another node has taken the context over, by a write of its own,
 * every later write of this node is refused, and the context is {@linkplain #isMoved moved}. A write whose answer was lost may have succeeded; it has the
 * {@linkplain JournalEntry.Owner#life life} of this context then, and is followed by the next one.
 *
 * <p>One write is in flight, and further ones wait: at most one that no caller waits for, which writes the latest state, and one of each caller. The state
 * is given by the holder of the turn of the context; its writes do not depend on the thread that waits, which may be interrupted. Thread-safe.
 */
public final class ContextJournal {
    private static final int MAX_TRIES = 4;

    private final Journals journals;
    private final Store.Key key;
    private final String life;
    private final LongSupplier nanoTime;
    private final Runnable onMoved;
    // Below: guarded by this.
    /** At the end of the last turn. */
    private byte @Nullable [] state;
    /** Number of the state, from 1; 0: there is none. */
    private long number;
    /** Number of the last state that was written. */
    private long written;

    private long writtenNanos;
    private long revision = Store.ABSENT;
    private CompletableFuture<?> last = CompletableFuture.completedFuture(null);
    /** Waits for its turn. */
    private @Nullable CompletableFuture<Void> later;

    private boolean moved;
    /** The action that has begun to have an effect outside of the tab, and whose turn has not ended: each write names it. */
    private @Nullable String begun;

    /**
     * @param life of this context, as in its entries
     * @param nanoTime a monotonic clock
     * @param onMoved called once when another node owns the context; must not block
     */
    public ContextJournal(
            Journals journals, Tenant tenant, String context, String life, LongSupplier nanoTime, Runnable onMoved) {
        this.journals = journals;
        this.key = Journals.key(tenant, context);
        this.life = life;
        this.nanoTime = nanoTime;
        this.onMoved = onMoved;
    }

    /** The context was taken over with this entry. */
    public synchronized void begin(byte[] entry, long entryRevision) {
        state = entry;
        number++;
        written = number;
        revision = entryRevision;
        writtenNanos = nanoTime.getAsLong();
    }

    /** Sets the state that the next write has; no action has begun in it. */
    public synchronized void state(byte[] entry) {
        begun = null;
        if (!Arrays.equals(entry, state)) {
            state = entry;
            number++;
        }
    }

    public synchronized boolean hasState() {
        return state != null;
    }

    public synchronized boolean isMoved() {
        return moved;
    }

    private synchronized boolean isDirty() {
        return number != written;
    }

    /**
     * Writes the state, if it has changed, and waits.
     *
     * @throws CarillonException {@code context-moved}, {@code broker-unavailable}, {@code overloaded}
     */
    public void save() {
        if (isMoved()) {
            throw gone();
        }
        if (isDirty()) {
            await(write());
        }
    }

    /**
     * Writes that an action begins, with the state before it, and waits.
     *
     * @throws CarillonException as {@link #save}
     */
    public void claim(String action) {
        synchronized (this) {
            begun = action;
        }
        await(write());
    }

    /** Writes the state, if it has changed, and does not wait: the latest state is written. A failure is left to the next write. */
    public CompletableFuture<Void> saveLater() {
        return isDirty() ? rewrite() : CompletableFuture.completedFuture(null);
    }

    /** As {@link #saveLater}, also if it has not changed: it lives longer then, and a context that has moved is noticed. */
    public synchronized CompletableFuture<Void> rewrite() {
        CompletableFuture<Void> waiting = later;
        if (waiting != null) {
            return waiting;
        }
        CompletableFuture<Void> done = new CompletableFuture<>();
        later = done;
        write(done, true);
        return done;
    }

    /** As {@link #rewrite}, if the last write was long ago, or one has failed that no caller waited for. */
    public CompletableFuture<Void> renew() {
        synchronized (this) {
            boolean isOld = written > 0 && nanoTime.getAsLong() - writtenNanos >= Journals.REWRITE.toNanos();
            if (!isOld && (state == null || !isDirty())) {
                return CompletableFuture.completedFuture(null);
            }
        }
        return rewrite();
    }

    private CompletableFuture<Void> write() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        write(done, false);
        return done;
    }

    /** @param isLater whether it is the write for which later ones wait */
    private void write(CompletableFuture<Void> done, boolean isLater) {
        CompletableFuture<?> before;
        synchronized (this) {
            before = last;
            last = done;
        }
        CompletableFuture<?> _ = before.whenComplete((x, e) -> start(done, isLater));
    }

    private void start(CompletableFuture<Void> done, boolean isLater) {
        Write write;
        synchronized (this) {
            if (isLater) {
                later = null;
            }
            write = state == null ? null : new Write(done, state, number, begun);
        }
        if (write == null) {
            done.complete(null);
        } else if (isLater && journals.isBusy()) {
            done.completeExceptionally(Journals.overloaded());
        } else {
            attempt(write, 1);
        }
    }

    /**
     * A write in progress.
     *
     * @param number of the state
     * @param begun the action that has begun in it
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Write(
            CompletableFuture<Void> done,
            byte[] state,
            long number,
            @Nullable String begun) {
        byte[] bytes() {
            return begun == null ? state : JournalText.begun(state, begun);
        }
    }

    private void attempt(Write write, int tries) {
        CompletableFuture<Void> done = write.done();
        long expected;
        synchronized (this) {
            expected = revision;
            if (moved) {
                done.completeExceptionally(gone());
                return;
            }
        }
        var _ = journals.put(key, write.bytes(), expected).whenComplete((next, e) -> {
            if (e != null) {
                done.completeExceptionally(cause(e));
            } else if (next.isPresent()) {
                written(write, next.get());
                done.complete(null);
            } else if (tries == MAX_TRIES) {
                done.completeExceptionally(
                        new CarillonException(ErrorCode.OVERLOADED, "the page could not be saved; try again"));
            } else {
                readAgain(write, tries);
            }
        });
    }

    private synchronized void written(Write write, long next) {
        revision = next;
        writtenNanos = nanoTime.getAsLong();
        if (write.begun() == null) {
            written = write.number();
        }
    }

    private void readAgain(Write write, int tries) {
        CompletableFuture<Void> done = write.done();
        var _ = journals.get(key).whenComplete((found, e) -> {
            if (e != null) {
                done.completeExceptionally(cause(e));
            } else if (isOwn(found)) {
                synchronized (this) {
                    revision = found.map(Store.Entry::revision).orElse(Store.ABSENT);
                }
                attempt(write, tries + 1);
            } else {
                move();
                done.completeExceptionally(gone());
            }
        });
    }

    /** Also if there is none: it has expired, or the store has lost it. */
    private boolean isOwn(Optional<Store.Entry> found) {
        if (found.isEmpty()) {
            return true;
        }
        JournalEntry entry = JournalText.read(found.get().value());
        return entry != null && entry.owner().life().equals(life);
    }

    private void move() {
        synchronized (this) {
            if (moved) {
                return;
            }
            moved = true;
        }
        journals.moved();
        onMoved.run();
    }

    /** The context goes to another node: this one writes no more. */
    public synchronized void leave() {
        moved = true;
    }

    private static CarillonException gone() {
        return new CarillonException(ErrorCode.CONTEXT_MOVED, "the page is on another node now; try again");
    }

    private static Throwable cause(Throwable e) {
        return e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
    }

    private static void await(CompletableFuture<Void> write) {
        try {
            Void _ = write.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CarillonException(ErrorCode.ACTION_TIMEOUT, "the time limit passed while the page was saved", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof CarillonException known
                    ? known
                    : new CarillonException(ErrorCode.BROKER_UNAVAILABLE, "the page could not be saved", e);
        }
    }
}
