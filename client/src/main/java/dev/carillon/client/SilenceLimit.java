package dev.carillon.client;

import java.time.Duration;

/**
 * Whether a stream had no data for longer than a limit. The time in which the listener runs does not count, as no data are read then. One thread
 * reads, another one asks.
 */
final class SilenceLimit {
    private final Timing timing;
    private final Duration limit;
    private volatile boolean reading;
    private volatile long since;

    SilenceLimit(Timing timing, Duration limit) {
        this.timing = timing;
        this.limit = limit;
    }

    /** Data have arrived, or reading begins. */
    void reading() {
        since = timing.nanoTime(); // Before the flag: the other thread must not see the time before a pause.
        reading = true;
    }

    /** Nothing is read until the next call of {@link #reading}. */
    void paused() {
        reading = false;
    }

    boolean isExceeded() {
        return reading && timing.nanoTime() - since > limit.toNanos();
    }
}
