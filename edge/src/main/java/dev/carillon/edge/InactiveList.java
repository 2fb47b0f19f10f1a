package dev.carillon.edge;

import org.jspecify.annotations.Nullable;

/** A linked list of inactive connections, the longest inactive one first. */
final class InactiveList {
    @Nullable
    InactiveConnection first;

    private @Nullable InactiveConnection last;
    int size;

    void add(InactiveConnection entry) {
        entry.before = last;
        entry.after = null;
        if (last == null) {
            first = entry;
        } else {
            last.after = entry;
        }
        last = entry;
        size++;
    }

    void remove(InactiveConnection entry) {
        if (entry.before == null) {
            first = entry.after;
        } else {
            entry.before.after = entry.after;
        }
        if (entry.after == null) {
            last = entry.before;
        } else {
            entry.after.before = entry.before;
        }
        size--;
    }
}
