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
 *
 * <p>Policy where the clock of this machine is set back: no call is taken again. The latest time of a call whose nonce was forgotten is
 * kept, and calls of that time and before are stale, until the clocks have passed it or the node is started anew. While clocks only rise,
 * that time is before the window of every call.
 */
final class SeenNonces {
    private final int max;
    private final long keepNanos;
    private final LongSupplier nanoTime;
    /** Oldest first. Guarded by this. */
    private final Map<String, Call> seen = new LinkedHashMap<>();
    /** Guarded by this. */
    private long floorMillis = Long.MIN_VALUE;

    /** When it was seen, and when it was made by its caller's clock. */
    private record Call(long seenNanos, long millis) {}

    enum Result {
        NEW,
        SEEN,
        STALE,
        FULL
    }

    SeenNonces(int max, Duration keep, LongSupplier nanoTime) {
        this.max = max;
        this.keepNanos = keep.toNanos();
        this.nanoTime = nanoTime;
    }

    /** @param millis when the call was made, by its caller's clock */
    synchronized Result add(String nonce, long millis) {
        long now = nanoTime.getAsLong();
        Iterator<Call> oldest = seen.values().iterator();
        while (oldest.hasNext()) {
            Call call = oldest.next();
            if (now - call.seenNanos() <= keepNanos) {
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
