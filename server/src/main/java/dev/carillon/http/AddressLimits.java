package dev.carillon.http;

import dev.carillon.edge.AddressCounts;
import dev.carillon.edge.LiteralAddress;
import java.net.InetAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * Limits of one client address: open streams, and the rate of new streams and requests. An IPv6 /64 network counts as one address.
 * Thread-safe.
 *
 * <p>The rate limit uses a hash table of fixed size. A bucket holds the time at which the rate has covered all its requests. Addresses in
 * the same bucket share a limit; a random seed prevents an attacker from choosing addresses in the bucket of another client.
 */
final class AddressLimits {
    static final int BUCKETS = 1 << 16;
    /** Burst of an address, in seconds of its rate: many clients behind one address may reconnect at the same time. */
    static final int BURST_SECONDS = 2;

    private static final long BURST_NANOS = TimeUnit.SECONDS.toNanos(BURST_SECONDS);

    private final int maxStreams;
    private final long nanosEach;
    private final LongSupplier nanos;
    private final long origin;
    private final AddressCounts streams = new AddressCounts();
    private final AtomicLongArray coveredAt;
    private final long seed;

    /**
     * @param maxStreams open streams of an address; 0: no limit
     * @param perSecond requests of an address per second; 0: no limit
     * @param nanos monotonic clock
     */
    AddressLimits(int maxStreams, int perSecond, LongSupplier nanos, RandomGenerator random) {
        this.maxStreams = maxStreams;
        this.nanosEach = perSecond == 0 ? 0 : TimeUnit.SECONDS.toNanos(1) / perSecond;
        this.nanos = nanos;
        this.origin = nanos.getAsLong();
        this.coveredAt = new AtomicLongArray(perSecond == 0 ? 0 : BUCKETS);
        this.seed = random.nextLong();
    }

    /** The key of an address. */
    static long key(InetAddress address) {
        return LiteralAddress.key(address);
    }

    /** @return false when the rate limit is exceeded; then nothing was counted */
    boolean tryAcquire(long key) {
        return acquire(key, nanosEach);
    }

    /**
     * Counts an admitted request as more requests, at most as a whole burst.
     *
     * @return false when the rate limit would be exceeded; then nothing was counted
     */
    boolean tryAcquireMore(long key, int requests) {
        return acquire(key, Math.min(requests * nanosEach, BURST_NANOS - nanosEach));
    }

    private boolean acquire(long key, long cost) {
        if (nanosEach == 0) {
            return true;
        }
        int bucket = bucket(key);
        long now = nanos.getAsLong() - origin;
        while (true) {
            long covered = coveredAt.get(bucket);
            long next = Math.max(covered, now) + cost;
            if (next - now > BURST_NANOS) {
                return false;
            }
            if (coveredAt.compareAndSet(bucket, covered, next)) {
                return true;
            }
        }
    }

    /** Whether {@link #tryAcquire} would return false. */
    boolean isExceeded(long key) {
        if (nanosEach == 0) {
            return false;
        }
        long now = nanos.getAsLong() - origin;
        return Math.max(coveredAt.get(bucket(key)), now) + nanosEach - now > BURST_NANOS;
    }

    private int bucket(long key) {
        return (int) (((key ^ seed) * 0x9E37_79B9_7F4A_7C15L) >>> 48);
    }

    /**
     * Counts a stream, which must be released by {@link #close}.
     *
     * @return false when the address has too many streams; then nothing was counted
     */
    boolean open(long key) {
        return streams.open(key, maxStreams);
    }

    void close(long key) {
        streams.close(key);
    }

    /** The number of addresses with open streams. */
    int addresses() {
        return streams.addresses();
    }
}
