package dev.carillon.lab.load;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** Counters and failures that the threads of a {@link Fanout} share. Thread-safe. */
final class RunCounters {
    /** Identifies the events of this run. */
    final long run = ThreadLocalRandom.current().nextLong(1, 100_000_000);

    final AtomicInteger open = new AtomicInteger();
    final AtomicInteger stalledOpen = new AtomicInteger();
    final AtomicInteger compressed = new AtomicInteger();
    /** Connections whose stream did not open. */
    final AtomicInteger failed = new AtomicInteger();
    /** Streams that ended before the end of the run. */
    final AtomicInteger ended = new AtomicInteger();
    /** Deliveries of events of this run, without duplicates. */
    final AtomicLong deliveries = new AtomicLong();

    final AtomicLong gaps = new AtomicLong();
    /** Dropped events that gaps announced to stalled clients. */
    final AtomicLong announcedDropped = new AtomicLong();
    /** Number of reading connections of each topic. */
    final AtomicIntegerArray subscribers;

    /** Reason for which the first connection failed or ended. */
    private final AtomicReference<@Nullable String> firstEnd = new AtomicReference<>();
    /** Reason for which the run cannot continue. */
    private final AtomicReference<@Nullable String> fatal = new AtomicReference<>();

    private final long beginNanos = System.nanoTime();
    /** The latency of events that are due from this time on is recorded. */
    volatile long recordFromNanos = Long.MAX_VALUE;

    /** Public handles of sessions, by group; null for other groups. */
    final AtomicReferenceArray<@Nullable String> handles;

    RunCounters(int topics) {
        this.handles = new AtomicReferenceArray<>(topics);
        this.subscribers = new AtomicIntegerArray(topics);
    }

    /** Time since the run began. */
    long nanos() {
        return System.nanoTime() - beginNanos;
    }

    void connectionEnded(String reason) {
        firstEnd.compareAndSet(null, reason);
    }

    @Nullable
    String firstEnd() {
        return firstEnd.get();
    }

    void fatal(String reason) {
        fatal.compareAndSet(null, reason);
    }

    @Nullable
    String fatal() {
        return fatal.get();
    }

    /** Name of a group of clients: of a session the handle that its node has given it. */
    String topic(int topic) {
        String handle = handles.get(topic);
        return handle == null ? "load-" + run + "-" + topic : handle;
    }
}
