package dev.carillon.page.context;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The code of a page that no request waits for: hooks, timers and handlers of events. It runs one after the other, in turn with the actions of the context.
 * When {@value #MAX} wait, a further one is refused. Thread-safe; never blocks.
 */
final class ContextTasks {
    static final int MAX = 128;

    private static final Logger LOGGER = LoggerFactory.getLogger(ContextTasks.class);

    private final PageContext context;
    private final ActionRunner runner;
    private final Executor threads;
    // Below: guarded by this. Most contexts have no tasks.
    private @Nullable Deque<Runnable> waiting;
    private @Nullable Runnable afterOverflow;

    /** @param threads runs each task on its own virtual thread */
    ContextTasks(PageContext context, ActionRunner runner, Executor threads) {
        this.context = context;
        this.runner = runner;
        this.threads = threads;
    }

    /**
     * Adds a task.
     *
     * @param done called when the task has ended, however
     * @return false: too many wait
     */
    boolean add(Task task, Runnable done) {
        return add(then(task, done), MAX);
    }

    /** Adds the task at the end of the context, which is never refused. */
    void addLast(Task task, Runnable done) {
        boolean _ = add(then(task, done), Integer.MAX_VALUE);
    }

    private Runnable then(Task task, Runnable done) {
        return () -> {
            try {
                runLogged(task);
            } finally {
                done.run();
            }
        };
    }

    boolean add(Task task) {
        return add(task, () -> {});
    }

    /** Sets a task that runs once, after those that wait; for when a task was refused. */
    synchronized void overflow(Task task) {
        afterOverflow = () -> runLogged(task);
        if (waiting == null) {
            start(new ArrayDeque<>());
        }
    }

    private void runLogged(Task task) {
        try {
            runner.turn(context, task);
        } catch (CarillonException e) {
            // Other failures are logged by the runner.
            if (!context.isClosed() && e.code() != ErrorCode.INTERNAL && e.code() != ErrorCode.ACTION_TIMEOUT) {
                LOGGER.atWarn()
                        .addKeyValue(task.kind(), task.name())
                        .log("the code of a page failed: {}", e.getMessage());
            }
        }
    }

    private synchronized boolean add(Runnable task, int max) {
        Deque<Runnable> queue = waiting;
        if (queue == null) {
            start(new ArrayDeque<>(List.of(task)));
            return true;
        }
        return queue.size() < max && queue.add(task);
    }

    private void start(Deque<Runnable> queue) {
        waiting = queue;
        threads.execute(this::runAll);
    }

    private void runAll() {
        for (Runnable task = next(); task != null; task = next()) {
            task.run();
        }
    }

    private synchronized @Nullable Runnable next() {
        Deque<Runnable> queue = waiting;
        Runnable task = queue == null ? null : queue.poll();
        if (task == null) {
            task = afterOverflow;
            afterOverflow = null;
        }
        if (task == null) {
            waiting = null;
        }
        return task;
    }
}
