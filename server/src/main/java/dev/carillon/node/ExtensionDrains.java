package dev.carillon.node;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;

/** Tells the extensions of a node that it begins to drain. Thread-safe; never blocks. */
final class ExtensionDrains {
    private final BooleanSupplier draining;
    private final Executor threads;
    /** A few of each extension, which adds them while it starts. */
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

    /** @param threads runs each listener on its own virtual thread */
    ExtensionDrains(BooleanSupplier draining, Executor threads) {
        this.draining = draining;
        this.threads = threads;
    }

    void add(Runnable listener) {
        listeners.add(listener);
    }

    boolean isDraining() {
        return draining.getAsBoolean();
    }

    void begin() {
        listeners.forEach(threads::execute);
    }
}
