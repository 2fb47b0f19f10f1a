package dev.carillon.edge;

import org.jspecify.annotations.Nullable;

/** Those that wait, in the order in which they began to. */
final class WaitingLine {
    @Nullable
    Waiting first;

    private @Nullable Waiting last;
    int size;

    void add(Waiting wait) {
        wait.before = last;
        wait.after = null;
        if (last == null) {
            first = wait;
        } else {
            last.after = wait;
        }
        last = wait;
        size++;
    }

    void remove(Waiting wait) {
        if (wait.before == null) {
            first = wait.after;
        } else {
            wait.before.after = wait.after;
        }
        if (wait.after == null) {
            last = wait.before;
        } else {
            wait.after.before = wait.before;
        }
        size--;
    }
}
