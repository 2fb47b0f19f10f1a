package dev.carillon.stream;

import dev.carillon.broker.OverloadedException;
import java.util.HashMap;
import java.util.Map;

/**
 * How much of the log may be read at once without delaying the broker's other work: a read costs it about as much as the scopes that it
 * asks for. One read may take half of what is left, so that large ones leave room for small ones. Thread-safe.
 */
final class ReadBudget {
    /** Of all clients together. */
    static final int MAX_SCOPES = 400;

    static final int MAX_SCOPES_OF_ADDRESS = 200;

    // Below: guarded by this.
    private final Map<Long, Integer> addresses = new HashMap<>();
    private int total;

    /**
     * Takes what a read needs; {@link #giveBack} has to be called for it.
     *
     * @param address stands for that of the client
     * @throws OverloadedException where there is no room for it; then nothing was taken
     */
    synchronized void take(long address, int scopes) {
        int ofAddress = addresses.getOrDefault(address, 0) + scopes;
        if (ofAddress > MAX_SCOPES_OF_ADDRESS) {
            throw new OverloadedException(
                    "this client address reads more than " + MAX_SCOPES_OF_ADDRESS + " scopes at once");
        }
        if (2 * scopes > MAX_SCOPES - total) {
            throw new OverloadedException("clients read " + total + " scopes at once, which leaves no room for "
                    + scopes + " more of the " + MAX_SCOPES + " that they may");
        }
        addresses.put(address, ofAddress);
        total += scopes;
    }

    synchronized void giveBack(long address, int scopes) {
        total -= scopes;
        addresses.computeIfPresent(address, (key, taken) -> taken <= scopes ? null : taken - scopes);
    }
}
