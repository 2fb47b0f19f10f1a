package dev.carillon.subscriptions;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Limits the rate at which a node lists and announces new subscriptions: {@value #PER_SECOND} topic selectors per second for the node and
 * {@value #ADDRESS_PER_SECOND} for one client address, with a burst of {@value #BURST_SECONDS} seconds. Each selector costs the cluster an
 * event, and clients need no token to cause it. A subscriber beyond the limit waits; one that leaves meanwhile is never announced.
 * Thread-safe.
 */
final class AnnouncementRateLimit {
    static final int PER_SECOND = 200;
    static final int ADDRESS_PER_SECOND = 20;
    static final int BURST_SECONDS = 10;

    private static final long BURST_NANOS = TimeUnit.SECONDS.toNanos(BURST_SECONDS);
    /** Longer than the burst: a forgotten address has its whole burst again in any case. */
    private static final Duration REMEMBERED = Duration.ofMinutes(2);

    private static final int MAX_REMEMBERED = 10_000;

    /** The time, since {@code origin}, at which the rate has covered all that was acquired. */
    private static final class Debt {
        private long untilNanos;
    }

    private final LongSupplier nanoTime;
    private final long origin;
    private final Debt node = new Debt();
    private final Cache<Long, Debt> addresses;
    private final int perSecond;
    private final int addressPerSecond;

    AnnouncementRateLimit(LongSupplier nanoTime) {
        this(nanoTime, PER_SECOND, ADDRESS_PER_SECOND);
    }

    AnnouncementRateLimit(LongSupplier nanoTime, int perSecond, int addressPerSecond) {
        this.nanoTime = nanoTime;
        this.origin = nanoTime.getAsLong();
        this.addresses = Caffeine.newBuilder()
                .maximumSize(MAX_REMEMBERED)
                .expireAfterAccess(REMEMBERED)
                .ticker(nanoTime::getAsLong)
                .build();
        this.perSecond = perSecond;
        this.addressPerSecond = addressPerSecond;
    }

    /**
     * Acquires the selectors of one subscriber, which may be more than are available now.
     *
     * @param address key of the client's address, as {@link dev.carillon.edge.LiteralAddress#key} makes it
     * @return false when none is available; then nothing was acquired
     */
    synchronized boolean tryAcquire(long address, int selectors) {
        long now = nanoTime.getAsLong() - origin;
        Debt ofAddress = addresses.get(address, _ -> new Debt());
        if (ofAddress.untilNanos - now > BURST_NANOS || node.untilNanos - now > BURST_NANOS) {
            return false;
        }
        add(ofAddress, now, selectors, addressPerSecond);
        add(node, now, selectors, perSecond);
        return true;
    }

    private static void add(Debt debt, long now, int selectors, int perSecond) {
        debt.untilNanos = Math.max(debt.untilNanos, now) + selectors * (TimeUnit.SECONDS.toNanos(1) / perSecond);
    }
}
