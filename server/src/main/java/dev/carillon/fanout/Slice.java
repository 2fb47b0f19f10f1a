package dev.carillon.fanout;

import java.util.function.LongSupplier;

/** How long a hub may hold its I/O thread. */
final class Slice {
    private static final long NANOS = 4_000_000;
    /** So many questions are answered by one look at the clock. */
    private static final int STRIDE = 32;

    private final LongSupplier nanoTime;
    private long until;
    private int asked;
    private boolean over;

    Slice(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    void begin() {
        until = nanoTime.getAsLong() + NANOS;
        over = false;
    }

    /** Asked before each connection. */
    boolean isOver() {
        return ++asked % STRIDE == 0 ? isOverNow() : over;
    }

    /** After something that took as long as many questions. */
    void look() {
        asked = 0;
        boolean _ = isOverNow();
    }

    boolean isOverNow() {
        over = over || nanoTime.getAsLong() - until >= 0;
        return over;
    }
}
