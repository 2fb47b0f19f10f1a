package dev.carillon.fanout;

import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;

/**
 * One action on connections of a hub, as many at a time as a slice allows. It goes from the end, so that one which closes is replaced by
 * one that was visited; those that come meanwhile it leaves out.
 */
final class Sweep implements Item {
    private static final int NOT_BEGUN = -2;

    private final Consumer<Connection> action;
    private final IntUnaryOperator firstOf;
    private int first;
    private int next = NOT_BEGUN;

    /** On all of them. */
    Sweep(Consumer<Connection> action) {
        this(size -> 0, action);
    }

    /** @param firstOf the first one of so many; it is visited last */
    Sweep(IntUnaryOperator firstOf, Consumer<Connection> action) {
        this.firstOf = firstOf;
        this.action = action;
    }

    /** On the I/O thread; false: there is more to do. */
    boolean run(Hub hub, Slice slice) {
        if (next == NOT_BEGUN) {
            first = firstOf.applyAsInt(hub.size());
            next = hub.size() - 1;
        }
        next = Math.min(next, hub.size() - 1);
        while (next >= first && !slice.isOver()) {
            // Passed over before it is visited: one whose visit fails must not be visited again and again.
            action.accept(hub.connection(next--));
            next = Math.min(next, hub.size() - 1);
        }
        return next < first;
    }
}
