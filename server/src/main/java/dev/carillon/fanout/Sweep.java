package dev.carillon.fanout;

import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;

/**
 * Applies an action to connections of a worker, as many at a time as a time slice allows. It visits them from the last to the first, so
 * that a connection which closes is replaced by a visited one. Connections that open meanwhile are not visited.
 */
final class Sweep implements WorkerTask {
    private static final int NOT_STARTED = -2;

    private final Consumer<Connection> action;
    private final IntUnaryOperator firstOf;
    private final Runnable onEnd;
    private int first;
    private int next = NOT_STARTED;

    /** For all connections. */
    Sweep(Consumer<Connection> action) {
        this(size -> 0, action);
    }

    /** @param firstOf maps the number of connections to the index of the first one to include, which is visited last */
    Sweep(IntUnaryOperator firstOf, Consumer<Connection> action) {
        this(firstOf, action, () -> {});
    }

    /**
     * For all connections.
     *
     * @param onEnd called when all were visited
     */
    Sweep(Consumer<Connection> action, Runnable onEnd) {
        this(size -> 0, action, onEnd);
    }

    private Sweep(IntUnaryOperator firstOf, Consumer<Connection> action, Runnable onEnd) {
        this.firstOf = firstOf;
        this.action = action;
        this.onEnd = onEnd;
    }

    /** Runs until the slice is over; false: connections remain. On the I/O thread. */
    boolean run(FanOutWorker worker, TimeSlice slice) {
        if (next == NOT_STARTED) {
            first = firstOf.applyAsInt(worker.size());
            next = worker.size() - 1;
        }
        next = Math.min(next, worker.size() - 1);
        while (next >= first && !slice.isOver()) {
            // Advance first, so that an action which throws is not repeated for the same connection.
            action.accept(worker.connection(next--));
            next = Math.min(next, worker.size() - 1);
        }
        if (next >= first) {
            return false;
        }
        onEnd.run();
        return true;
    }
}
