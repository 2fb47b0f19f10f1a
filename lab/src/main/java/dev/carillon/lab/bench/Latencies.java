package dev.carillon.lab.bench;

import java.util.Arrays;

/** Latencies in nanoseconds; stores every value up to a limit. Thread-safe. */
public final class Latencies {
    private final long[] nanos;
    private int size;

    /** @param capacity number of values; further values are ignored */
    public Latencies(int capacity) {
        this.nanos = new long[capacity];
    }

    public synchronized void add(long value) {
        if (size < nanos.length) {
            nanos[size++] = value;
        }
    }

    public synchronized int count() {
        return size;
    }

    /** The quantile of a share between 0 and 1; 0 without values. */
    public synchronized long quantile(double share) {
        if (size == 0) {
            return 0;
        }
        long[] sorted = Arrays.copyOf(nanos, size);
        Arrays.sort(sorted);
        return sorted[(int) Math.ceil(share * size) - (share > 0 ? 1 : 0)];
    }
}
