package dev.carillon.edge;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Counts the open connections, streams or requests of each client address, by {@link LiteralAddress#key}. Holds only addresses with a count
 * above 0. Thread-safe.
 */
public final class AddressCounts {
    private final Map<Long, Integer> open = new ConcurrentHashMap<>();

    /**
     * Counts one more, which must be released by {@link #close}.
     *
     * @param max limit of the address; 0: no limit, and nothing is counted
     * @return false when the limit is exceeded; then nothing was counted
     */
    public boolean open(long key, int max) {
        if (max == 0 || open.merge(key, 1, Integer::sum) <= max) {
            return true;
        }
        close(key);
        return false;
    }

    public void close(long key) {
        open.computeIfPresent(key, (k, n) -> n == 1 ? null : n - 1);
    }

    /** The number of addresses with a count above 0. */
    public int addresses() {
        return open.size();
    }
}
