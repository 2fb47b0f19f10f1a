package dev.carillon.fanout;

import java.util.ArrayDeque;
import java.util.Queue;

/** An I/O thread that runs its tasks when the test calls it. */
final class TestIoThread implements IoThread {
    final Queue<Runnable> tasks = new ArrayDeque<>();
    final Queue<Runnable> afterPolling = new ArrayDeque<>();

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    @Override
    public void executeAfterPolling(Runnable task) {
        afterPolling.add(task);
    }

    /** Runs until there are no more tasks. */
    void run() {
        do {
            runOnce();
        } while (!tasks.isEmpty() || !afterPolling.isEmpty());
    }

    /** Runs the tasks before one polling of the sockets, and then the first task after it. */
    void runOnce() {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
        Runnable next = afterPolling.poll();
        if (next != null) {
            next.run();
        }
    }
}
