package dev.carillon.fanout;

import java.util.function.LongSupplier;

/** Limits how long a worker occupies its I/O thread at a time. */
final class TimeSlice {
    private static final long NANOS = 4_000_000;
    /** The clock is read once for this many calls of {@link #isOver}. */
    private static final int CALLS_PER_CHECK = 32;

    private final LongSupplier nanoTime;
    private long endNanos;
    private int calls;
    private boolean over;

    TimeSlice(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    void begin() {
        endNanos = nanoTime.getAsLong() + NANOS;
        over = false;
    }

    /** Called before each connection; reads the clock only sometimes. */
    boolean isOver() {
        return ++calls % CALLS_PER_CHECK == 0 ? isOverNow() : over;
    }

    /** Reads the clock, after an operation that took as long as many connections. */
    void checkClock() {
        calls = 0;
        boolean _ = isOverNow();
    }

    boolean isOverNow() {
        over = over || nanoTime.getAsLong() - endNanos >= 0;
        return over;
    }
}
