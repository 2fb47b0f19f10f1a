package dev.carillon.fanout;

import java.util.concurrent.Executor;

/** An I/O thread of the server. */
public interface IoThread extends Executor {
    /**
     * Runs a task after the thread has polled its sockets once. Tasks given to {@link #execute} may run before it. At most one such task may be
     * pending.
     *
     * @throws java.util.concurrent.RejectedExecutionException when the thread has ended
     */
    void executeAfterPolling(Runnable task);
}
