package dev.carillon.cluster;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * The nonces of accepted calls, each stored for as long as its call could be accepted again. Bounded; when full, new calls are refused,
 * because forgetting an old nonce would allow its call to be replayed. Only calls with a valid signature are added, so outsiders cannot
 * fill it. Thread-safe.
 *
 * <p>If the clock of this machine is set back, no call is accepted again either: the latest time of a call whose nonce was forgotten is
 * stored, and calls up to that time are stale until the clocks have passed it or the node restarts. While clocks only advance, that time
 * is before the window of every call.
 */
final class SeenNonces {
    private final int max;
    private final long retentionNanos;
    private final LongSupplier nanoTime;
    /** Oldest first. Guarded by this. */
    private final Map<String, Call> seen = new LinkedHashMap<>();
    /** Guarded by this. */
    private long floorMillis = Long.MIN_VALUE;

    /** When the nonce was seen, and when its call was made by the caller's clock. */
    private record Call(long seenNanos, long millis) {}

    enum Result {
        NEW,
        SEEN,
        STALE,
        FULL
    }

    SeenNonces(int max, Duration retention, LongSupplier nanoTime) {
        this.max = max;
        this.retentionNanos = retention.toNanos();
        this.nanoTime = nanoTime;
    }

    /** @param millis time of the call by the caller's clock */
    synchronized Result add(String nonce, long millis) {
        long now = nanoTime.getAsLong();
        Iterator<Call> oldest = seen.values().iterator();
        while (oldest.hasNext()) {
            Call call = oldest.next();
            if (now - call.seenNanos() <= retentionNanos) {
                break;
            }
            floorMillis = Math.max(floorMillis, call.millis());
            oldest.remove();
        }
        if (seen.containsKey(nonce)) {
            return Result.SEEN;
        }
        if (millis <= floorMillis) {
            return Result.STALE;
        }
        if (seen.size() >= max) {
            return Result.FULL;
        }
        seen.put(nonce, new Call(now, millis));
        return Result.NEW;
    }
}
