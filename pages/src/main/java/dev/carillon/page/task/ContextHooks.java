package dev.carillon.page.task;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a page does when its stream opens and ends, when it may have missed events, and when its context has ended. Thread-safe. */
public final class ContextHooks {
    private static final int MAX = 16;

    private volatile List<Runnable> connect = List.of();
    private volatile List<Runnable> disconnect = List.of();
    private volatile List<Runnable> gap = List.of();
    private volatile List<Runnable> close = List.of();

    public synchronized void onConnect(Runnable run) {
        connect = with(connect, run);
    }

    public synchronized void onDisconnect(Runnable run) {
        disconnect = with(disconnect, run);
    }

    public synchronized void onGap(Runnable run) {
        gap = with(gap, run);
    }

    public synchronized void onClose(Runnable run) {
        close = with(close, run);
    }

    private static List<Runnable> with(List<Runnable> hooks, Runnable run) {
        if (hooks.size() >= MAX) {
            throw new IllegalStateException("a page has at most " + MAX + " hooks of a kind");
        }
        List<Runnable> more = new ArrayList<>(hooks);
        more.add(run);
        return List.copyOf(more);
    }

    public void connected(ContextTasks tasks) {
        List<Runnable> run = connect;
        if (!run.isEmpty()) {
            tasks.addHook(Task.of("hook", "onConnect", all(run)));
        }
    }

    /** The hooks run although the context ends while they wait. */
    public void disconnected(ContextTasks tasks) {
        List<Runnable> run = disconnect;
        if (!run.isEmpty()) {
            tasks.addHook(new Task("hook", "onDisconnect", all(run), true));
        }
    }

    /**
     * The task for a gap; null: there is nothing to run.
     *
     * @param scope for logs
     */
    @Nullable
    public Task gap(String scope) {
        List<Runnable> hooks = gap;
        return hooks.isEmpty() ? null : Task.of("gap", scope, all(hooks));
    }

    /** The hooks run although the context has ended. */
    public void closed(ContextTasks tasks, Runnable done) {
        List<Runnable> last = close;
        if (last.isEmpty()) {
            tasks.end();
            done.run();
        } else {
            tasks.endAfter(new Task("hook", "onClose", all(last), true), done);
        }
    }

    /** Runs each of them; a failure does not keep the next one from running. */
    private static Runnable all(List<Runnable> hooks) {
        return () -> {
            RuntimeException failure = null;
            for (Runnable hook : hooks) {
                try {
                    hook.run();
                } catch (RuntimeException e) {
                    if (failure == null) {
                        failure = e;
                    } else {
                        failure.addSuppressed(e);
                    }
                }
            }
            if (failure != null) {
                throw failure;
            }
        };
    }
}
