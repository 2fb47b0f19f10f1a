package dev.carillon.presence;

import dev.carillon.presence.PresenceRecords.Entered;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A subject on this node: whether it should be recorded, and whether it is. {@link #settle} makes the second follow the first, one operation at a time. After
 * an operation that failed it is not known whether the subject is recorded, as only the answer may have been lost.
 *
 * <p>Thread-safe. The counts are changed only under the lock of {@link ScopePresence}, in addition to the own one.
 */
final class LocalPresence {
    private final Subject subject;
    private final @Nullable LocalPresence scope;
    private final @Nullable String data;
    private final PresenceRecords records;

    // The fields below are guarded by this.
    /** Connections of the user; users of the scope. */
    private int count;
    /** Whether the user's last connection ended a short time ago. */
    private boolean lingering;

    private long leaveNanos;
    private boolean awaitsLeave;
    private Known known = Known.ABSENT;
    /** Null: not known to have been recorded. */
    private @Nullable Entered entered;

    private @Nullable CompletableFuture<Void> running;
    private @Nullable CompletableFuture<Void> next;

    /** What this node knows of the record. */
    private enum Known {
        ABSENT,
        PRESENT,
        UNCERTAIN
    }

    /** @param scope of a user; null: the subject is a scope */
    LocalPresence(Subject subject, @Nullable LocalPresence scope, @Nullable String data, PresenceRecords records) {
        this.subject = subject;
        this.scope = scope;
        this.data = data;
        this.records = records;
    }

    Subject subject() {
        return subject;
    }

    @Nullable
    LocalPresence scope() {
        return scope;
    }

    /** Of a scope: its users at this node, those in the grace period included. */
    synchronized int count() {
        return count;
    }

    /** @return whether it was not wanted before */
    synchronized boolean add() {
        boolean first = !isWanted();
        count++;
        return first;
    }

    /** @return whether nothing is left */
    synchronized boolean subtract() {
        count--;
        return count == 0;
    }

    /**
     * Keeps a user without a connection until a time.
     *
     * @return whether the caller has to wait for that time; otherwise a call before has to
     */
    synchronized boolean linger(long untilNanos) {
        lingering = true;
        leaveNanos = untilNanos;
        boolean more = !awaitsLeave;
        awaitsLeave = true;
        return more;
    }

    /** Nanoseconds until the user leaves. */
    synchronized long leavesIn(long nowNanos) {
        return leaveNanos - nowNanos;
    }

    /** The time of {@link #linger} has come, unless it was moved. */
    synchronized boolean stopLingering(long nowNanos) {
        awaitsLeave = count == 0 && leaveNanos - nowNanos > 0;
        if (!awaitsLeave) {
            lingering = false;
        }
        return !awaitsLeave;
    }

    private synchronized boolean isWanted() {
        return count > 0 || lingering;
    }

    synchronized boolean isRecorded() {
        return known == Known.PRESENT;
    }

    /** Whether the store is known to have what is wanted. */
    private synchronized boolean isSettled() {
        return known == (isWanted() ? Known.PRESENT : Known.ABSENT);
    }

    synchronized boolean isIdle() {
        return running == null;
    }

    /** Whether it can be forgotten. */
    synchronized boolean isOver() {
        return running == null && known == Known.ABSENT && !isWanted() && !awaitsLeave;
    }

    /** Its record was not found: the next {@link #settle} writes it again. */
    synchronized void missing() {
        if (running == null) {
            known = Known.UNCERTAIN;
        }
    }

    /**
     * Makes the store have what is wanted at the time when this is done.
     *
     * @return fails with {@link RestoredException} if the record has to be removed later: see {@link PresenceRecords#exit}
     */
    CompletionStage<Void> settle() {
        CompletableFuture<Void> mine = new CompletableFuture<>();
        synchronized (this) {
            if (running != null) {
                if (next == null) {
                    next = mine;
                }
                return next;
            }
            if (isSettled()) {
                return CompletableFuture.completedFuture(null);
            }
            running = mine;
        }
        run(mine);
        return mine;
    }

    private void run(CompletableFuture<Void> mine) {
        CompletionStage<Void> change;
        try {
            change = change();
        } catch (RuntimeException e) {
            change = CompletableFuture.failedFuture(e);
        }
        CompletionStage<Void> _ = change.whenComplete((x, e) -> {
            CompletableFuture<Void> following;
            synchronized (this) {
                following = next;
                next = null;
                running = following;
            }
            if (e == null) {
                mine.complete(null);
            } else {
                mine.completeExceptionally(e);
            }
            if (following != null) {
                run(following);
            }
        });
    }

    private CompletionStage<Void> change() {
        Entered before;
        synchronized (this) {
            before = entered;
            if (isSettled()) {
                return CompletableFuture.completedFuture(null);
            }
        }
        if (isWanted()) {
            return (scope == null ? CompletableFuture.<Void>completedFuture(null) : scope.settle())
                    .thenCompose(x -> {
                        uncertain();
                        return records.enter(subject, data, before);
                    })
                    .thenAccept(this::recorded);
        }
        uncertain();
        return records.exit(subject, data, before).thenAccept(this::exited);
    }

    private synchronized void uncertain() {
        known = Known.UNCERTAIN;
    }

    private synchronized void recorded(Entered value) {
        entered = value;
        known = Known.PRESENT;
    }

    private synchronized void exited(boolean removed) {
        if (removed) {
            known = Known.ABSENT;
            entered = null;
        } else {
            known = Known.PRESENT;
            throw new RestoredException();
        }
    }

    /** The store had lost the record. */
    static final class RestoredException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        RestoredException() {
            super("the store had lost a record, which was written again", null, false, false);
        }
    }
}
