package dev.carillon.junit;

import dev.carillon.broker.Appended;
import dev.carillon.scope.Event;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/** What was broadcast, in the order of the log. Bounded: the oldest are dropped. Thread-safe. */
final class Recording {
    static final int MAX_BROADCASTS = 10_000;

    private final LongSupplier nanoTime;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition added = lock.newCondition();
    // Guarded by lock.
    private final ArrayDeque<RecordedBroadcast> broadcasts = new ArrayDeque<>();
    private long dropped;

    /** @param nanoTime for time limits; not the clock of the test */
    Recording(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Takes an event that is in the log. Presence and the hub's announcements are no broadcasts. */
    void add(Event event, Appended appended) {
        String type = event.type();
        boolean ofTheNode = type != null && type.startsWith(Event.RESERVED_TYPES)
                || event.isInSideLog() && !event.tenant().equals(Tenant.SYSTEM);
        if (ofTheNode || appended.duplicate()) {
            return;
        }
        lock.lock();
        try {
            broadcasts.add(new RecordedBroadcast(event, appended.id()));
            if (broadcasts.size() > MAX_BROADCASTS) {
                broadcasts.remove();
                dropped++;
            }
            added.signalAll();
        } finally {
            lock.unlock();
        }
    }

    List<RecordedBroadcast> all() {
        lock.lock();
        try {
            return List.copyOf(broadcasts);
        } finally {
            lock.unlock();
        }
    }

    /** Number of broadcasts that are not in {@link #all} any more. */
    long dropped() {
        lock.lock();
        try {
            return dropped;
        } finally {
            lock.unlock();
        }
    }

    void clear() {
        lock.lock();
        try {
            broadcasts.clear();
            dropped = 0;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the broadcasts meet the condition, at most for a time; returns them. */
    List<RecordedBroadcast> await(Duration limit, Predicate<List<RecordedBroadcast>> condition)
            throws InterruptedException {
        long end = nanoTime.getAsLong() + limit.toNanos();
        lock.lockInterruptibly();
        try {
            List<RecordedBroadcast> now = List.copyOf(broadcasts);
            long left = end - nanoTime.getAsLong();
            while (!condition.test(now) && left > 0) {
                boolean _ = added.await(left, TimeUnit.NANOSECONDS);
                now = List.copyOf(broadcasts);
                left = end - nanoTime.getAsLong();
            }
            return now;
        } finally {
            lock.unlock();
        }
    }
}
