package dev.carillon.page.context;

import dev.carillon.patch.Patch;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Patches of a tab that no signal causes. At most {@value #MAX} wait; beyond that the oldest are dropped. Thread-safe. */
final class PendingPatches {
    static final int MAX = 64;

    // Guarded by this. Most contexts have none.
    private @Nullable Deque<Patch> waiting;

    synchronized void add(Patch patch) {
        Deque<Patch> queue = waiting == null ? new ArrayDeque<>() : waiting;
        waiting = queue;
        queue.add(patch);
        if (queue.size() > MAX) {
            queue.remove();
        }
    }

    synchronized boolean isWaiting() {
        return waiting != null;
    }

    synchronized List<Patch> take() {
        List<Patch> taken = waiting == null ? List.of() : List.copyOf(waiting);
        waiting = null;
        return taken;
    }
}
