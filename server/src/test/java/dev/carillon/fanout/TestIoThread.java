package dev.carillon.fanout;

import java.util.ArrayDeque;
import java.util.Queue;

/** An I/O thread that does its work when asked to. */
final class TestIoThread implements IoThread {
    final Queue<Runnable> tasks = new ArrayDeque<>();
    final Queue<Runnable> afterSockets = new ArrayDeque<>();

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    @Override
    public void executeAfterPolling(Runnable task) {
        afterSockets.add(task);
    }

    /** Until nothing is left. */
    void run() {
        do {
            runOnce();
        } while (!tasks.isEmpty() || !afterSockets.isEmpty());
    }

    /** What is there before the sockets would be looked after, and then what was to come after them. */
    void runOnce() {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
        Runnable next = afterSockets.poll();
        if (next != null) {
            next.run();
        }
    }
}
