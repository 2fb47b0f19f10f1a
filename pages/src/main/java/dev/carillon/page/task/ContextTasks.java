package dev.carillon.page.task;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The code of a page that no request waits for: hooks, timers and handlers of events. It runs one after the other, in turn with the actions of the context.
 * When {@value #MAX} timers and events wait, a further one is refused. Hooks are not counted; at most {@value #MAX_HOOKS} wait beside them, which takes
 * as many streams of the tab during one run, and a further one is logged. The last hook is never refused. Thread-safe; never blocks.
 */
public final class ContextTasks {
    static final int MAX = 128;
    static final int MAX_HOOKS = 32;

    private static final Logger LOGGER = LoggerFactory.getLogger(ContextTasks.class);

    private final Consumer<Task> runner;
    private final Executor threads;
    // Below: guarded by this. Most contexts have no tasks.
    private @Nullable Deque<Waiting> waiting;
    private int hooks;
    private @Nullable Task afterOverflow;
    private boolean ending;

    private record Waiting(Task task, Runnable done, boolean hook) {}

    /**
     * @param runner runs a task in the turn of the context, and returns when it has ended
     * @param threads runs each task on its own virtual thread
     */
    public ContextTasks(Consumer<Task> runner, Executor threads) {
        this.runner = runner;
        this.threads = threads;
    }

    /**
     * Adds a task.
     *
     * @param done called when the task has ended, however
     * @return false: too many wait
     */
    public synchronized boolean add(Task task, Runnable done) {
        return !ending && size() - hooks < MAX && enqueue(new Waiting(task, done, false));
    }

    public boolean add(Task task) {
        return add(task, () -> {});
    }

    /**
     * Adds a task. If too many wait, another one runs once, after those that wait.
     *
     * @param gap null: nothing
     */
    public synchronized boolean addOrOverflow(Task task, @Nullable Task gap) {
        if (add(task)) {
            return true;
        }
        if (gap != null && !ending) {
            afterOverflow = gap;
        }
        return false;
    }

    /** Adds a hook. */
    public synchronized void addHook(Task task) {
        if (ending) {
            return;
        }
        if (hooks >= MAX_HOOKS) {
            LOGGER.atWarn().addKeyValue(task.kind(), task.name()).log("the code of a page was not run: too much waits");
            return;
        }
        hooks++;
        boolean _ = enqueue(new Waiting(task, () -> {}, true));
    }

    /** The context has ended: of the tasks that wait only hooks still run, and later ones are refused. */
    public synchronized void end() {
        ending = true;
        afterOverflow = null;
        if (waiting != null) {
            waiting.removeIf(next -> !next.hook());
        }
    }

    /**
     * Adds the last task, see {@link #end}.
     *
     * @param done called when the task has ended, however
     */
    public synchronized void endAfter(Task task, Runnable done) {
        end();
        hooks++;
        boolean _ = enqueue(new Waiting(task, done, true));
    }

    private synchronized int size() {
        return waiting == null ? 0 : waiting.size();
    }

    private synchronized boolean enqueue(Waiting next) {
        Deque<Waiting> queue = waiting;
        if (queue != null) {
            return queue.add(next);
        }
        waiting = new ArrayDeque<>(List.of(next));
        threads.execute(this::runAll);
        return true;
    }

    private void runAll() {
        for (Waiting next = next(); next != null; next = next()) {
            try {
                runner.accept(next.task());
            } finally {
                next.done().run();
            }
        }
    }

    private synchronized @Nullable Waiting next() {
        Waiting next = waiting == null ? null : waiting.poll();
        if (next != null) {
            hooks -= next.hook() ? 1 : 0;
            return next;
        }
        Task gap = afterOverflow;
        afterOverflow = null;
        if (gap != null) {
            return new Waiting(gap, () -> {}, false);
        }
        waiting = null;
        return null;
    }
}
