package dev.carillon.page.context;

import java.util.ArrayList;
import java.util.List;

/** What a page does when its stream opens and ends, and when its context has ended. Thread-safe. */
final class ContextHooks {
    private static final int MAX = 16;

    private volatile List<Runnable> connect = List.of();
    private volatile List<Runnable> disconnect = List.of();
    private volatile List<Runnable> close = List.of();

    synchronized void onConnect(Runnable run) {
        connect = with(connect, run);
    }

    synchronized void onDisconnect(Runnable run) {
        disconnect = with(disconnect, run);
    }

    synchronized void onClose(Runnable run) {
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

    void connected(ContextTasks tasks) {
        run("onConnect", connect, tasks);
    }

    void disconnected(ContextTasks tasks) {
        run("onDisconnect", disconnect, tasks);
    }

    /** The hooks run although the context has ended. */
    void closed(ContextTasks tasks, Runnable done) {
        List<Runnable> hooks = close;
        Runnable all = () -> hooks.forEach(Runnable::run);
        if (hooks.isEmpty()) {
            done.run();
        } else {
            tasks.addLast(new Task("hook", "onClose", all, true), done);
        }
    }

    private static void run(String name, List<Runnable> hooks, ContextTasks tasks) {
        if (!hooks.isEmpty()) {
            boolean _ = tasks.add(Task.of("hook", name, () -> hooks.forEach(Runnable::run)));
        }
    }
}
