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
 * The requests and streams that are open, and how many may be: of all clients, and of one client address, which gets no more than half of
 * that. Each has a connection to a node, so this bounds those as well. Thread-safe.
 */
final class OpenRequests {
    private static final Logger LOGGER = LoggerFactory.getLogger(OpenRequests.class);
    private static final long LOG_PERIOD_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final AtomicInteger open = new AtomicInteger();
    private final AddressCounts addresses = new AddressCounts();
    private final int perAddress;
    private final LongAdder refused = new LongAdder();
    private final AtomicLong loggedAt = new AtomicLong(System.nanoTime() - LOG_PERIOD_NANOS);
    private volatile int most;

    OpenRequests(ProxyConfig.Limits limits) {
        this.perAddress = limits.streamsPerAddress();
        this.most = limits.maxRequests();
    }

    /** From now on so many of all clients, by what there is room for. */
    void allow(int number) {
        most = number;
    }

    int count() {
        return open.get();
    }

    /**
     * Counts one more, for which {@link #leave} has to be called.
     *
     * @return why there is no room for it, and nothing was counted; null: there is
     */
    @Nullable
    Refusal enter(long address) {
        int all = most;
        if (open.incrementAndGet() > all) {
            open.decrementAndGet();
            return Refusal.OVERLOADED;
        }
        int ofAddress = perAddress == 0 ? 0 : Math.min(perAddress, Math.ceilDiv(all, 2));
        if (!addresses.open(address, ofAddress)) {
            open.decrementAndGet();
            refused.increment();
            log(ofAddress);
            return Refusal.TOO_MANY_REQUESTS;
        }
        return null;
    }

    void leave(long address) {
        addresses.close(address);
        open.decrementAndGet();
    }

    private void log(int ofAddress) {
        long last = loggedAt.get();
        long now = System.nanoTime();
        if (now - last >= LOG_PERIOD_NANOS && loggedAt.compareAndSet(last, now)) {
            LOGGER.atWarn()
                    .addKeyValue("most", ofAddress)
                    .addKeyValue("refused", refused.sum())
                    .log("a client address has too many requests and streams open: more of them are refused");
        }
    }
}
