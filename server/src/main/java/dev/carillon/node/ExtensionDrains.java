package dev.carillon.node;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Tells the extensions of a node that it begins to drain, and that it is about to leave the cluster. Thread-safe. */
final class ExtensionDrains {
    static final Duration LEAVE = Duration.ofSeconds(4);

    private final BooleanSupplier draining;
    private final Executor threads;
    // A few of each extension, which adds them while it starts.
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final List<Runnable> leaving = new CopyOnWriteArrayList<>();

    /** @param threads runs each listener on its own virtual thread */
    ExtensionDrains(BooleanSupplier draining, Executor threads) {
        this.draining = draining;
        this.threads = threads;
    }

    void add(Runnable listener) {
        listeners.add(listener);
    }

    void addLeaving(Runnable run) {
        leaving.add(run);
    }

    boolean isDraining() {
        return draining.getAsBoolean();
    }

    /** Never blocks. */
    void begin() {
        listeners.forEach(threads::execute);
    }

    /** Waits until all have ended, for {@link #LEAVE} at most. */
    void leave() throws InterruptedException {
        CountDownLatch running = new CountDownLatch(leaving.size());
        leaving.forEach(run -> threads.execute(() -> {
            try {
                run.run();
            } finally {
                running.countDown();
            }
        }));
        boolean _ = running.await(LEAVE.toMillis(), TimeUnit.MILLISECONDS);
    }
}
