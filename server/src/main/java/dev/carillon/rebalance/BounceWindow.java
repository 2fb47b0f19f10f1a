package dev.carillon.rebalance;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * How many stream requests with a sticky cookie this node still refuses, so that their clients reach another node. It knows no client: a number with an end.
 * Each released stream adds one; the end is {@link #LENGTH} after the last one. A client whose proxy does not obey the refusal is therefore served here
 * after that time at the latest. Thread-safe.
 */
final class BounceWindow {
    /** Longer than the reconnect delay of a released client and the time of its request. */
    static final Duration LENGTH = Duration.ofSeconds(4);

    static final int MAX = 1_000_000;

    private final LongSupplier nanoTime;
    private final AtomicInteger left = new AtomicInteger();
    private volatile long endNanos;

    BounceWindow(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.endNanos = nanoTime.getAsLong();
    }

    /** Whether a request may be refused now. */
    boolean isOpen() {
        return left.get() > 0 && nanoTime.getAsLong() - endNanos < 0;
    }

    /** Refuses so many more requests. */
    void add(int requests) {
        int unused = isOpen() ? 0 : left.get();
        endNanos = nanoTime.getAsLong() + LENGTH.toNanos();
        left.updateAndGet(before -> Math.min(MAX, Math.max(0, before - unused) + requests));
    }

    /** Whether this request is refused, which is counted. */
    boolean take() {
        return isOpen() && left.getAndUpdate(before -> Math.max(0, before - 1)) > 0;
    }

    /** Refuses no more requests. */
    void close() {
        left.set(0);
    }
}
