package dev.carillon.http;

import dev.carillon.edge.AddressCounts;
import dev.carillon.edge.LiteralAddress;
import java.net.InetAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * What one client address may take; of IPv6 a network of 64 bits counts as one, as a client has all of it. Thread-safe.
 *
 * <p>The rate is kept in a table of fixed size, one
 * number for each place: the time at which all that was begun is paid for. Addresses that fall on one place share it; a
 * random number at the start keeps others from aiming at somebody's place.
 */
final class AddressLimits {
    static final int PLACES = 1 << 16;
    /** What an address may begin at once, in seconds of its rate: a hall comes back together. */
    static final int BURST_SECONDS = 2;

    private static final long BURST_NANOS = TimeUnit.SECONDS.toNanos(BURST_SECONDS);

    private final int maxStreams;
    private final long nanosEach;
    private final LongSupplier nanos;
    private final long origin;
    private final AddressCounts streams = new AddressCounts();
    private final AtomicLongArray paidAt;
    private final long seed;

    /**
     * @param maxStreams of an address; 0: any number
     * @param perSecond what an address may begin; 0: any number
     * @param nanos a monotonic clock
     */
    AddressLimits(int maxStreams, int perSecond, LongSupplier nanos, RandomGenerator random) {
        this.maxStreams = maxStreams;
        this.nanosEach = perSecond == 0 ? 0 : TimeUnit.SECONDS.toNanos(1) / perSecond;
        this.nanos = nanos;
        this.origin = nanos.getAsLong();
        this.paidAt = new AtomicLongArray(perSecond == 0 ? 0 : PLACES);
        this.seed = random.nextLong();
    }

    /** What stands for an address. */
    static long key(InetAddress address) {
        return LiteralAddress.key(address);
    }

    /** Counts a stream or request; false: the address has begun too many. */
    boolean begin(long key) {
        return take(key, nanosEach);
    }

    /**
     * Counts a request that has begun as so many more, or as all that an address may begin at once, if that is less; false: the address
     * has not so many left, and nothing was counted.
     */
    boolean more(long key, int requests) {
        return take(key, Math.min(requests * nanosEach, BURST_NANOS - nanosEach));
    }

    private boolean take(long key, long cost) {
        if (nanosEach == 0) {
            return true;
        }
        int place = place(key);
        long now = nanos.getAsLong() - origin;
        while (true) {
            long paid = paidAt.get(place);
            long next = Math.max(paid, now) + cost;
            if (next - now > BURST_NANOS) {
                return false;
            }
            if (paidAt.compareAndSet(place, paid, next)) {
                return true;
            }
        }
    }

    /** Whether {@link #begin} would be false; counts nothing. */
    boolean isSpent(long key) {
        if (nanosEach == 0) {
            return false;
        }
        long now = nanos.getAsLong() - origin;
        return Math.max(paidAt.get(place(key)), now) + nanosEach - now > BURST_NANOS;
    }

    private int place(long key) {
        return (int) (((key ^ seed) * 0x9E37_79B9_7F4A_7C15L) >>> 48);
    }

    /** Counts a stream, which {@link #close} has to be called for; false: the address has too many. */
    boolean open(long key) {
        return streams.open(key, maxStreams);
    }

    void close(long key) {
        streams.close(key);
    }

    /** Addresses with open streams. */
    int addresses() {
        return streams.addresses();
    }
}
