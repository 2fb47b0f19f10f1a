package dev.carillon.fanout;

import java.util.concurrent.Executor;

/** An I/O thread of the server, as a hub needs it. */
public interface IoThread extends Executor {
    /**
     * Runs a task after the thread has looked after its sockets once; those that {@link #execute} is given may all run before. At
     * most one at a time.
     *
     * @throws java.util.concurrent.RejectedExecutionException when the thread has ended
     */
    void executeAfterSockets(Runnable task);
}
