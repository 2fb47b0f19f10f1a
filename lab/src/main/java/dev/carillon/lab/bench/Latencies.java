package dev.carillon.lab.bench;

import java.util.Arrays;

/** Times in nanoseconds, all of them kept, up to a bound. Thread-safe. */
public final class Latencies {
    private final long[] nanos;
    private int size;

    /** @param most how many are kept; further ones are not taken */
    public Latencies(int most) {
        this.nanos = new long[most];
    }

    public synchronized void add(long value) {
        if (size < nanos.length) {
            nanos[size++] = value;
        }
    }

    public synchronized int count() {
        return size;
    }

    /** The value that a share of all, 0 to 1, does not exceed; 0 where there is none. */
    public synchronized long quantile(double share) {
        if (size == 0) {
            return 0;
        }
        long[] sorted = Arrays.copyOf(nanos, size);
        Arrays.sort(sorted);
        return sorted[(int) Math.ceil(share * size) - (share > 0 ? 1 : 0)];
    }
}
