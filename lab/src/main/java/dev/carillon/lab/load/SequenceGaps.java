package dev.carillon.lab.load;

import java.util.Arrays;

/**
 * Missing numbers of a sequence, as ranges in ascending order. Beyond {@value #MAX_RANGES} ranges numbers are only counted, and a late one counts
 * as a duplicate.
 */
final class SequenceGaps {
    private static final int MAX_RANGES = 2_000;

    private long[] firsts = new long[2];
    private long[] lasts = new long[2];
    private int ranges;
    /** Numbers beyond the bound. */
    private long uncontained;

    /** Adds a range that is higher than all others. */
    void add(long first, long last) {
        if (ranges == MAX_RANGES) {
            uncontained += last - first + 1;
            return;
        }
        insert(ranges, first, last);
    }

    /** Removes a number; returns whether it was contained. */
    boolean remove(long number) {
        int i = rangeOf(number);
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
        return rangeOf(number) >= 0;
    }

    long count() {
        long count = uncontained;
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

    private int rangeOf(long number) {
        int i = Arrays.binarySearch(firsts, 0, ranges, number);
        int range = i >= 0 ? i : -i - 2;
        return range >= 0 && number <= lasts[range] ? range : -1;
    }
}
