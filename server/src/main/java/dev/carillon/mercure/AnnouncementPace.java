package dev.carillon.mercure;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How fast a node lists and announces new subscriptions, in topic selectors: each costs the cluster an event, and clients need no token to
 * cause it. {@value #PER_SECOND} a second for the node and {@value #ADDRESS_PER_SECOND} for one client address, after {@value
 * #BURST_SECONDS} seconds' worth at once. A subscriber that exceeds it waits, and one that leaves meanwhile is never announced.
 * Thread-safe.
 */
final class AnnouncementPace {
    static final int PER_SECOND = 200;
    static final int ADDRESS_PER_SECOND = 20;
    static final int BURST_SECONDS = 10;

    private static final long BURST_NANOS = TimeUnit.SECONDS.toNanos(BURST_SECONDS);
    /** Addresses that were not seen for longer than their burst have all of it again. */
    private static final Duration REMEMBERED = Duration.ofMinutes(2);

    private static final int MAX_REMEMBERED = 10_000;

    /** Since {@code origin}: when all that was taken is paid for. */
    private static final class Paid {
        private long nanos;
    }

    private final LongSupplier nanoTime;
    private final long origin;
    private final Paid node = new Paid();
    private final Cache<Long, Paid> addresses;
    private final int perSecond;
    private final int addressPerSecond;

    AnnouncementPace(LongSupplier nanoTime) {
        this(nanoTime, PER_SECOND, ADDRESS_PER_SECOND);
    }

    AnnouncementPace(LongSupplier nanoTime, int perSecond, int addressPerSecond) {
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
     * Takes what a subscriber costs, which may be more than is left; false: nothing is left.
     *
     * @param address stands for the client's, as {@link dev.carillon.http.Requests#address} gives it
     */
    synchronized boolean take(long address, int selectors) {
        long now = nanoTime.getAsLong() - origin;
        Paid own = addresses.get(address, _ -> new Paid());
        if (own.nanos - now > BURST_NANOS || node.nanos - now > BURST_NANOS) {
            return false;
        }
        pay(own, now, selectors, addressPerSecond);
        pay(node, now, selectors, perSecond);
        return true;
    }

    private static void pay(Paid paid, long now, int selectors, int perSecond) {
        paid.nanos = Math.max(paid.nanos, now) + selectors * (TimeUnit.SECONDS.toNanos(1) / perSecond);
    }
}
