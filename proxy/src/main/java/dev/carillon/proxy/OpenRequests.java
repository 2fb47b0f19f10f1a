package dev.carillon.proxy;

import dev.carillon.edge.AddressCounts;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts and limits the open requests and streams of all clients, and of each client address, which gets at most half of the total. Each has
 * a connection to a node, so that these are limited too. Thread-safe.
 */
final class OpenRequests {
    private static final Logger LOGGER = LoggerFactory.getLogger(OpenRequests.class);
    private static final long LOG_PERIOD_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final AtomicInteger open = new AtomicInteger();
    private final AddressCounts addresses = new AddressCounts();
    private final int perAddress;
    private final LongAdder refused = new LongAdder();
    private final AtomicLong loggedAt = new AtomicLong(System.nanoTime() - LOG_PERIOD_NANOS);
    private volatile int max;

    OpenRequests(ProxyConfig.Limits limits) {
        this.perAddress = limits.streamsPerAddress();
        this.max = limits.maxRequests();
    }

    /** Sets the limit of all clients. */
    void limit(int number) {
        max = number;
    }

    int count() {
        return open.get();
    }

    /**
     * Counts one more request, which must be released by {@link #leave}.
     *
     * @return the refusal when a limit is exceeded; then nothing was counted
     */
    @Nullable
    Refusal enter(long address) {
        int limit = max;
        if (open.incrementAndGet() > limit) {
            open.decrementAndGet();
            return Refusal.OVERLOADED;
        }
        int addressLimit = perAddress == 0 ? 0 : Math.min(perAddress, Math.ceilDiv(limit, 2));
        if (!addresses.open(address, addressLimit)) {
            open.decrementAndGet();
            refused.increment();
            log(addressLimit);
            return Refusal.TOO_MANY_REQUESTS;
        }
        return null;
    }

    void leave(long address) {
        addresses.close(address);
        open.decrementAndGet();
    }

    private void log(int addressLimit) {
        long last = loggedAt.get();
        long now = System.nanoTime();
        if (now - last >= LOG_PERIOD_NANOS && loggedAt.compareAndSet(last, now)) {
            LOGGER.atWarn()
                    .addKeyValue("limit", addressLimit)
                    .addKeyValue("refused", refused.sum())
                    .log("a client address exceeds its limit of open requests and streams: further ones are refused");
        }
    }
}
