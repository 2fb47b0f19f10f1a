package dev.carillon.edge;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How many of something each client address has open, by {@link LiteralAddress#key}. Holds only addresses that have one open. Thread-safe.
 */
public final class AddressCounts {
    private final Map<Long, Integer> open = new ConcurrentHashMap<>();

    /**
     * Counts one more, for which {@link #close} has to be called; false: the address has too many, and nothing was counted.
     *
     * @param most that the address may have open; 0: any number, and nothing is counted
     */
    public boolean open(long key, int most) {
        if (most == 0 || open.merge(key, 1, Integer::sum) <= most) {
            return true;
        }
        close(key);
        return false;
    }

    public void close(long key) {
        open.computeIfPresent(key, (k, n) -> n == 1 ? null : n - 1);
    }

    /** Addresses with something open. */
    public int addresses() {
        return open.size();
    }
}
