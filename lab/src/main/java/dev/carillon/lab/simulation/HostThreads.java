package dev.carillon.lab.simulation;

import dev.carillon.base.Threads;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;

/** Threads of a host: all of them are the simulation's one thread, so that no task may block. */
final class HostThreads implements Threads {
    private final Host host;

    HostThreads(Host host) {
        this.host = host;
    }

    @Override
    public Thread blocking(String name, Runnable task) {
        throw new UnsupportedOperationException("a thread that may block: " + name);
    }

    @Override
    public Executor each(String name) {
        return host::run;
    }

    @Override
    public ExecutorService newQueue(String name, int maxWaiting) {
        return new HostExecutor(host);
    }

    @Override
    public ScheduledExecutorService newTimer(String name) {
        return new HostExecutor(host);
    }

    @Override
    public void pause(Duration length) {
        throw new UnsupportedOperationException("a blocking wait");
    }
}
