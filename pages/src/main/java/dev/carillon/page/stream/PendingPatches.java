package dev.carillon.page.stream;

import dev.carillon.patch.Patch;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Patches of a tab that no signal causes. At most {@value #MAX} wait. Without a stream the oldest are then dropped; with one, those that wait are sent. They
 * are sent under the monitor, so that they arrive in their order. Thread-safe; never blocks.
 */
final class PendingPatches {
    static final int MAX = 64;

    // Guarded by this. Most contexts have none.
    private @Nullable Deque<Patch> waiting;

    /**
     * Adds a patch.
     *
     * @param send sends patches; called when there are too many. Null: the tab has no stream
     */
    synchronized void add(Patch patch, @Nullable Consumer<List<Patch>> send) {
        Deque<Patch> queue = waiting == null ? new ArrayDeque<>() : waiting;
        waiting = queue;
        if (queue.size() >= MAX) {
            if (send == null) {
                queue.remove();
            } else {
                send.accept(List.copyOf(queue));
                queue.clear();
            }
        }
        queue.add(patch);
    }

    synchronized boolean isWaiting() {
        return waiting != null;
    }

    /** Sends what waits, also if that is nothing. */
    synchronized void drain(Consumer<List<Patch>> send) {
        List<Patch> taken = waiting == null ? List.of() : List.copyOf(waiting);
        waiting = null;
        send.accept(taken);
    }
}
