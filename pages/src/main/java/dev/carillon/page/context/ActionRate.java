package dev.carillon.page.context;

import java.util.function.LongSupplier;

/** A token bucket for the actions of one session on this node. Thread-safe. */
final class ActionRate {
    private static final double NANOS = 1e9;

    private final int perSecond;
    private final LongSupplier nanoTime;
    private double tokens;
    private long last;

    ActionRate(int perSecond, LongSupplier nanoTime) {
        this.perSecond = perSecond;
        this.nanoTime = nanoTime;
        this.tokens = 2.0 * perSecond;
        this.last = nanoTime.getAsLong();
    }

    /** Takes a token; false: the session runs too many actions. */
    synchronized boolean permits() {
        long now = nanoTime.getAsLong();
        tokens = Math.min(2.0 * perSecond, tokens + (now - last) / NANOS * perSecond);
        last = now;
        if (tokens < 1) {
            return false;
        }
        tokens--;
        return true;
    }
}
