package dev.carillon.autopsy;

import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import org.jspecify.annotations.Nullable;

/** When the feed of this node had the last events. One record per event, in arrays that are allocated with the first. Thread-safe. */
final class Arrivals {
    /**
     * An event reached the node.
     *
     * @param filled whether it was read from the log, to fill a gap
     */
    record Arrival(long atMillis, boolean filled) {}

    private final int capacity;
    // The fields below are guarded by this.
    private @Nullable Tenant[] tenants = new Tenant[0];
    private long[] epochs = new long[0];
    private long[] sequences = new long[0];
    /** The time; negative: the event was read from the log. */
    private long[] times = new long[0];

    private long added;

    Arrivals(int capacity) {
        this.capacity = capacity;
    }

    synchronized void add(Tenant tenant, Position at, boolean filled, long nowMillis) {
        if (capacity == 0) {
            return;
        }
        if (added == 0) {
            tenants = new Tenant[capacity];
            epochs = new long[capacity];
            sequences = new long[capacity];
            times = new long[capacity];
        }
        int next = (int) (added % capacity);
        tenants[next] = tenant;
        epochs[next] = at.epoch();
        sequences[next] = at.sequence();
        times[next] = filled ? -nowMillis : nowMillis;
        added++;
    }

    /** The arrival of an event; null: it did not arrive, or is no longer known. */
    synchronized @Nullable Arrival of(Tenant tenant, Position at) {
        int size = (int) Math.min(added, capacity);
        for (int i = 0; i < size; i++) {
            if (sequences[i] == at.sequence() && epochs[i] == at.epoch() && tenant.equals(tenants[i])) {
                return new Arrival(Math.abs(times[i]), times[i] < 0);
            }
        }
        return null;
    }

    /** Whether the arrival of an event would be known: that of an earlier event of the tenant still is. */
    synchronized boolean covers(Tenant tenant, Position at) {
        return hasUpTo(tenant, at, (int) Math.min(added, capacity));
    }

    private boolean hasUpTo(Tenant tenant, Position at, int size) {
        for (int i = 0; i < size; i++) {
            if (tenant.equals(tenants[i])
                    && (epochs[i] < at.epoch() || epochs[i] == at.epoch() && sequences[i] <= at.sequence())) {
                return true;
            }
        }
        return false;
    }

    /** As {@link Ring#knownSinceMillis}. */
    synchronized long knownSinceMillis(long startMillis) {
        return added <= capacity ? startMillis : Math.abs(times[(int) (added % capacity)]);
    }
}
