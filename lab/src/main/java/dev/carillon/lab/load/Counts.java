package dev.carillon.lab.load;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What the threads of a {@link Fanout} tell each other. Thread-safe. */
final class Counts {
    /** Sets this run's events apart. */
    final long run = ThreadLocalRandom.current().nextLong(1, 100_000_000);

    final AtomicInteger open = new AtomicInteger();
    final AtomicInteger stalledOpen = new AtomicInteger();
    final AtomicInteger compressed = new AtomicInteger();
    /** Connections that did not come to a stream. */
    final AtomicInteger failed = new AtomicInteger();
    /** Streams that ended before the run did. */
    final AtomicInteger ended = new AtomicInteger();
    /** First deliveries of events of this run. */
    final AtomicLong deliveries = new AtomicLong();

    final AtomicLong gaps = new AtomicLong();
    /** Events that clients which stall are told they miss. */
    final AtomicLong toldDropped = new AtomicLong();
    /** How many connections of each topic are owed its events. */
    final AtomicIntegerArray members;

    /** Why the first connection failed, or ended. */
    private final AtomicReference<@Nullable String> firstEnd = new AtomicReference<>();
    /** Why the run cannot go on. */
    private final AtomicReference<@Nullable String> fatal = new AtomicReference<>();

    private final long beginNanos = System.nanoTime();
    /** Latency of events that were due from then on is recorded. */
    volatile long recordFromNanos = Long.MAX_VALUE;

    Counts(int topics) {
        this.members = new AtomicIntegerArray(topics);
    }

    /** Since the run began. */
    long nanos() {
        return System.nanoTime() - beginNanos;
    }

    void end(String why) {
        firstEnd.compareAndSet(null, why);
    }

    @Nullable
    String firstEnd() {
        return firstEnd.get();
    }

    void fatal(String why) {
        fatal.compareAndSet(null, why);
    }

    @Nullable
    String fatal() {
        return fatal.get();
    }

    String topic(int topic) {
        return "load-" + run + "-" + topic;
    }
}
