package dev.carillon.autopsy;

import dev.carillon.fanout.DeliveryLog.Cause;
import dev.carillon.scope.Position;
import java.util.HashMap;
import java.util.Map;

/** The last events that were not written to connections that should receive them. In arrays that are allocated with the first. Thread-safe. */
final class LeftOut {
    /** When an event was left out, and why. */
    record Reason(long atMillis, Cause cause) {}

    private final int capacity;
    // The fields below are guarded by this.
    private int[] connections = new int[0];
    private long[] epochs = new long[0];
    private long[] sequences = new long[0];
    private long[] times = new long[0];
    private Cause[] causes = new Cause[0];
    private long added;

    LeftOut(int capacity) {
        this.capacity = capacity;
    }

    synchronized void add(int connection, Position at, Cause cause, long nowMillis) {
        if (capacity == 0) {
            return;
        }
        if (added == 0) {
            connections = new int[capacity];
            epochs = new long[capacity];
            sequences = new long[capacity];
            times = new long[capacity];
            causes = new Cause[capacity];
        }
        int next = (int) (added % capacity);
        connections[next] = connection;
        epochs[next] = at.epoch();
        sequences[next] = at.sequence();
        times[next] = nowMillis;
        causes[next] = cause;
        added++;
    }

    /** The connections to which an event was not written, by number. */
    synchronized Map<Integer, Reason> of(Position at) {
        Map<Integer, Reason> found = new HashMap<>();
        int size = (int) Math.min(added, capacity);
        for (int i = 0; i < size; i++) {
            if (sequences[i] == at.sequence() && epochs[i] == at.epoch()) {
                found.put(connections[i], new Reason(times[i], causes[i]));
            }
        }
        return found;
    }

    /** As {@link Ring#knownSinceMillis}. */
    synchronized long knownSinceMillis(long startMillis) {
        return added <= capacity ? startMillis : times[(int) (added % capacity)];
    }
}
