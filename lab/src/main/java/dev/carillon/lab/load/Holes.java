package dev.carillon.lab.load;

import java.util.Arrays;

/** Numbers that were skipped, as ranges in rising order. Beyond its bound it only counts: what comes late then is taken for double. */
final class Holes {
    private static final int MAX_RANGES = 2_000;

    private long[] firsts = new long[2];
    private long[] lasts = new long[2];
    private int ranges;
    private long beyond;

    /** Adds a range above all others. */
    void add(long first, long last) {
        if (ranges == MAX_RANGES) {
            beyond += last - first + 1;
            return;
        }
        insert(ranges, first, last);
    }

    /** Takes a number out; returns whether it was in. */
    boolean remove(long number) {
        int i = at(number);
        if (i < 0) {
            return false;
        }
        long last = lasts[i];
        if (firsts[i] == last) {
            ranges--;
            System.arraycopy(firsts, i + 1, firsts, i, ranges - i);
            System.arraycopy(lasts, i + 1, lasts, i, ranges - i);
        } else if (number == firsts[i]) {
            firsts[i]++;
        } else {
            lasts[i] = number - 1;
            if (number < last) {
                insert(i + 1, number + 1, last);
            }
        }
        return true;
    }

    boolean contains(long number) {
        return at(number) >= 0;
    }

    long count() {
        long count = beyond;
        for (int i = 0; i < ranges; i++) {
            count += lasts[i] - firsts[i] + 1;
        }
        return count;
    }

    private void insert(int i, long first, long last) {
        if (ranges == firsts.length) {
            firsts = Arrays.copyOf(firsts, ranges * 2);
            lasts = Arrays.copyOf(lasts, ranges * 2);
        }
        System.arraycopy(firsts, i, firsts, i + 1, ranges - i);
        System.arraycopy(lasts, i, lasts, i + 1, ranges - i);
        firsts[i] = first;
        lasts[i] = last;
        ranges++;
    }

    private int at(long number) {
        int i = Arrays.binarySearch(firsts, 0, ranges, number);
        int range = i >= 0 ? i : -i - 2;
        return range >= 0 && number <= lasts[range] ? range : -1;
    }
}
