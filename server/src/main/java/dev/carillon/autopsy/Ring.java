package dev.carillon.autopsy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The last records of one kind, of which new ones overwrite the oldest. Grows on demand up to its capacity. Thread-safe. */
final class Ring<T extends Ring.Timed> {
    private static final int INITIAL = 16;

    /** A record with a time by the node's clock. */
    interface Timed {
        long atMillis();
    }

    private final int capacity;
    // The fields below are guarded by this.
    private @Nullable Object[] records = new Object[0];
    private long added;

    /** @param capacity maximum number of records; 0: none is kept */
    Ring(int capacity) {
        this.capacity = capacity;
    }

    synchronized void add(T next) {
        if (capacity == 0) {
            return;
        }
        if (added == records.length && records.length < capacity) {
            records = Arrays.copyOf(records, Math.min(capacity, Math.max(INITIAL, 2 * records.length)));
        }
        records[(int) (added % records.length)] = next;
        added++;
    }

    /** The records, the oldest first. */
    @SuppressWarnings("unchecked") // Only add writes.
    synchronized List<T> all() {
        int size = (int) Math.min(added, records.length);
        List<T> all = new ArrayList<>(size);
        for (long i = added - size; i < added; i++) {
            all.add((T) Objects.requireNonNull(records[(int) (i % records.length)]));
        }
        return all;
    }

    /**
     * Since when no record was overwritten.
     *
     * @param startMillis when recording began
     */
    @SuppressWarnings("unchecked") // Only add writes.
    synchronized long knownSinceMillis(long startMillis) {
        return added <= records.length || records.length == 0
                ? startMillis
                : ((T) Objects.requireNonNull(records[(int) (added % records.length)])).atMillis();
    }
}
