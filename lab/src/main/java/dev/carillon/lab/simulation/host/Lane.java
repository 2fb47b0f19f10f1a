package dev.carillon.lab.simulation.host;

import dev.carillon.fanout.IoThread;
import java.util.ArrayDeque;
import java.util.Queue;

/** Runs tasks of a host one at a time, in their order, also if they are given different delays: a thread with a queue, or a connection's bytes. */
public final class Lane implements IoThread {
    private static final long POLL_NANOS = 20_000;

    private final Host host;
    private final Queue<Runnable> tasks = new ArrayDeque<>();

    public Lane(Host host) {
        this.host = host;
    }

    @Override
    public void execute(Runnable task) {
        after(0, task);
    }

    @Override
    public void executeAfterPolling(Runnable task) {
        host.after(POLL_NANOS, () -> execute(task));
    }

    /** A task that was given before may run early instead of this one, and this one late: the order stays. */
    public void after(long nanos, Runnable task) {
        tasks.add(task);
        host.after(nanos, this::next);
    }

    private void next() {
        Runnable task = tasks.poll();
        if (task != null) {
            task.run();
        }
    }
}
