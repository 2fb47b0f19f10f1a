package dev.carillon.page.signal;

import dev.carillon.base.Text;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * This node's copy of one shared signal, and its writes. A version replaces only older ones.
 *
 * <p>A node has one write in flight, so that nodes compete and not threads. Changes that come meanwhile gather in the next write, each on the thread
 * of its caller; the caller that began that write starts it when the one before has ended. If a write is refused, the changes that have gathered
 * upon its result are refused with it. Thread-safe.
 */
final class SharedValue {
    /** Number of callers that change the value. */
    final AtomicInteger writers = new AtomicInteger();

    private final ReentrantLock lock = new ReentrantLock();
    /** In flight. Guarded by lock, as the next one. */
    private @Nullable SharedWrite running;

    private @Nullable SharedWrite gathering;
    private volatile Version version = Version.NONE;

    /**
     * @param text null: the store has no value, and the revision is 0
     * @param marks of its last writers, see {@link StoredSignal}
     */
    record Version(@Nullable String text, long revision, String marks) {
        static final Version NONE = new Version(null, 0, "");

        int bytes() {
            return text == null ? 0 : Text.utf8Length(text);
        }
    }

    /**
     * A change as a part of a write.
     *
     * @param text after this change
     * @param begins whether the caller must start the write
     */
    record Change(SharedWrite write, String text, boolean begins) {}

    Version version() {
        return version;
    }

    /** Applies a change to the value with which the next write begins. */
    Change change(UnaryOperator<@Nullable String> change) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            SharedWrite known = gathering;
            SharedWrite next = known == null ? new SharedWrite(running, version) : known;
            String text = change.apply(next.text);
            next.text = text;
            gathering = next;
            return new Change(next, text, known == null);
        } finally {
            lock.unlock();
        }
    }

    /** Puts a write in flight, after the one before has ended; null: it was refused with that one. Later changes gather in another write. */
    @Nullable
    String start(SharedWrite write) {
        lock.lock();
        try {
            if (write.done.isDone()) {
                return null;
            }
            running = write;
            gathering = null;
            write.previous = null;
            return write.text;
        } finally {
            lock.unlock();
        }
    }

    /** A write in flight has succeeded. */
    void written(SharedWrite write, long revision) {
        lock.lock();
        try {
            running = null;
        } finally {
            lock.unlock();
        }
        boolean _ = write.done.complete(revision);
    }

    /** A write in flight has succeeded, but others have written since, so the changes that have gathered upon its result are computed again. */
    void overtaken(SharedWrite write) {
        end(write, SharedWrite.OVERTAKEN, null);
    }

    /**
     * A write in flight has ended otherwise.
     *
     * @param failure null: another node was faster
     */
    void refused(SharedWrite write, @Nullable Throwable failure) {
        end(write, SharedWrite.REFUSED, failure);
    }

    private void end(SharedWrite write, long result, @Nullable Throwable failure) {
        SharedWrite next;
        lock.lock();
        try {
            running = null;
            next = gathering;
            gathering = null;
        } finally {
            lock.unlock();
        }
        // First, as its caller looks at it when the other one is done.
        if (next != null) {
            boolean _ = next.done.complete(SharedWrite.REFUSED);
        }
        boolean _ = failure == null ? write.done.complete(result) : write.done.completeExceptionally(failure);
    }

    /** A write is not started, so its other changes are refused. */
    void abandon(SharedWrite write) {
        lock.lock();
        try {
            if (gathering == write) {
                gathering = null;
            }
        } finally {
            lock.unlock();
        }
        boolean _ = write.done.complete(SharedWrite.REFUSED);
    }

    /** Takes a newer version. Returns by how many bytes the value has grown; empty: the version is not newer. */
    synchronized OptionalInt apply(StoredSignal now, long revision) {
        Version before = version;
        if (revision <= before.revision()) {
            return OptionalInt.empty();
        }
        Version next = new Version(now.text(), revision, now.marks());
        version = next;
        return OptionalInt.of(next.bytes() - before.bytes());
    }

    /** Drops a version that the store no longer has. Returns by how many bytes the value has grown; empty: another version came meanwhile. */
    synchronized OptionalInt drop(Version gone) {
        if (gone.revision() != version.revision() || gone.text() == null) {
            return OptionalInt.empty();
        }
        version = Version.NONE;
        return OptionalInt.of(-gone.bytes());
    }
}
