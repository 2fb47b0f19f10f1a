package dev.carillon.stream;

import dev.carillon.broker.OverloadedException;
import java.util.HashMap;
import java.util.Map;

/**
 * Limits concurrent reads of the log, so that they do not delay other work of the broker. The cost of a read is its number of scopes. One read
 * may use at most half of what is left, which leaves capacity for small reads. Thread-safe.
 */
final class ReadBudget {
    /** For all clients together. */
    static final int MAX_SCOPES = 400;

    static final int MAX_SCOPES_PER_ADDRESS = 200;

    // The fields below are guarded by this.
    private final Map<Long, Integer> addresses = new HashMap<>();
    private int total;

    /**
     * Acquires capacity for a read. The caller must {@link #release} it.
     *
     * @param address number of the client address
     * @throws OverloadedException when the capacity does not suffice; nothing is acquired then
     */
    synchronized void acquire(long address, int scopes) {
        int addressTotal = addresses.getOrDefault(address, 0) + scopes;
        if (addressTotal > MAX_SCOPES_PER_ADDRESS) {
            throw new OverloadedException(
                    "concurrent reads of this client address exceed " + MAX_SCOPES_PER_ADDRESS + " scopes");
        }
        if (2 * scopes > MAX_SCOPES - total) {
            throw new OverloadedException("concurrent reads use " + total + " of " + MAX_SCOPES
                    + " scopes: not enough is left for " + scopes);
        }
        addresses.put(address, addressTotal);
        total += scopes;
    }

    synchronized void release(long address, int scopes) {
        total -= scopes;
        addresses.computeIfPresent(address, (key, held) -> held <= scopes ? null : held - scopes);
    }
}
