package dev.carillon.page.signal;

import dev.carillon.base.Threads;
import java.time.Duration;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Changed signals whose views are not rendered yet. Changes within {@link #GATHER} are handled together; a signal is in the queue at most once, so
 * the number of signals bounds it. Thread-safe; {@link #add} never blocks.
 */
public final class ChangeQueue {
    public static final Duration GATHER = Duration.ofMillis(5);

    private static final Logger LOGGER = LoggerFactory.getLogger(ChangeQueue.class);

    private final Threads threads;
    private final Executor executor;
    private final Consumer<Set<SignalKey>> handler;
    private final Set<SignalKey> pending = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean running = new AtomicBoolean();

    /** @param handler called on one virtual thread at a time */
    public ChangeQueue(Threads threads, Consumer<Set<SignalKey>> handler) {
        this.threads = threads;
        this.executor = threads.each("carillon-views");
        this.handler = handler;
    }

    public void add(SignalKey key) {
        pending.add(key);
        if (running.compareAndSet(false, true)) {
            executor.execute(this::run);
        }
    }

    private void run() {
        do {
            try {
                while (!pending.isEmpty()) {
                    threads.pause(GATHER);
                    handler.accept(drain());
                }
            } catch (Throwable e) {
                // An Error too: later changes must be shown.
                LOGGER.error("views could not be updated", e);
            } finally {
                running.set(false);
            }
            // A change that was added after the last check and before running was false.
        } while (!pending.isEmpty() && running.compareAndSet(false, true));
    }

    private Set<SignalKey> drain() {
        Set<SignalKey> keys = new HashSet<>();
        for (Iterator<SignalKey> all = pending.iterator(); all.hasNext(); ) {
            keys.add(all.next());
            all.remove();
        }
        return keys;
    }
}
