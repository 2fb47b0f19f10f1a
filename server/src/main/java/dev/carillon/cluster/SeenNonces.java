package dev.carillon.cluster;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * The nonces of calls that were taken, each for as long as the same call could be taken again. Bounded; policy when it is full: new calls
 * are refused. Forgetting an old nonce instead would let its call be repeated. Only calls with a valid signature get here, so strangers
 * cannot fill it. Thread-safe.
 */
final class SeenNonces {
    private final int max;
    private final long keepNanos;
    private final LongSupplier nanoTime;
    /** When each was seen, oldest first. Guarded by this. */
    private final Map<String, Long> seen = new LinkedHashMap<>();

    enum Result {
        NEW,
        SEEN,
        FULL
    }

    SeenNonces(int max, Duration keep, LongSupplier nanoTime) {
        this.max = max;
        this.keepNanos = keep.toNanos();
        this.nanoTime = nanoTime;
    }

    synchronized Result add(String nonce) {
        long now = nanoTime.getAsLong();
        Iterator<Long> oldest = seen.values().iterator();
        while (oldest.hasNext() && now - oldest.next() > keepNanos) {
            oldest.remove();
        }
        if (seen.containsKey(nonce)) {
            return Result.SEEN;
        }
        if (seen.size() >= max) {
            return Result.FULL;
        }
        seen.put(nonce, now);
        return Result.NEW;
    }

    synchronized int size() {
        return seen.size();
    }
}
