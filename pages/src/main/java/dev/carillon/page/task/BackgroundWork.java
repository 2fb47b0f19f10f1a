package dev.carillon.page.task;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Longer work of a page, beside the turns of its context; its results are taken in turn. At most {@value #MAX} run at a time. Thread-safe; never blocks. */
public final class BackgroundWork {
    static final int MAX = 8;

    private static final Logger LOGGER = LoggerFactory.getLogger(BackgroundWork.class);

    private final ContextTasks tasks;
    private final Executor threads;
    // Below: guarded by this. Most contexts have none.
    private @Nullable Set<Thread> running;
    private int started;
    private boolean ended;

    /** @param threads runs each work on its own virtual thread */
    public BackgroundWork(ContextTasks tasks, Executor threads) {
        this.tasks = tasks;
        this.threads = threads;
    }

    /**
     * Starts work.
     *
     * @param then takes its result, in the turn of the context
     * @throws IllegalStateException when {@value #MAX} run
     */
    public <T> void start(Callable<T> work, Consumer<T> then) {
        synchronized (this) {
            if (ended) {
                return;
            }
            if (started >= MAX) {
                throw new IllegalStateException("a page has at most " + MAX + " background works at a time");
            }
            started++;
        }
        threads.execute(() -> run(work, then));
    }

    private <T> void run(Callable<T> work, Consumer<T> then) {
        try {
            if (begin()) {
                T result = work.call();
                if (!tasks.add(Task.of("background", "result", () -> then.accept(result))) && !hasEnded()) {
                    LOGGER.warn("the result of background work of a page was dropped: too much waits");
                }
            }
        } catch (Exception | StackOverflowError | LinkageError | AssertionError e) {
            if (!hasEnded()) {
                LOGGER.error("background work of a page failed", e);
            }
        } finally {
            finish();
        }
    }

    private synchronized boolean begin() {
        Set<Thread> all = running == null ? new HashSet<>() : running;
        running = all;
        return !ended && all.add(Thread.currentThread());
    }

    private synchronized void finish() {
        started--;
        if (running != null) {
            running.remove(Thread.currentThread());
        }
    }

    private synchronized boolean hasEnded() {
        return ended;
    }

    /** Interrupts what runs; nothing begins any more. */
    public synchronized void end() {
        ended = true;
        if (running != null) {
            running.forEach(Thread::interrupt);
        }
    }
}
