package dev.carillon.lab.simulation.host;

import dev.carillon.base.Threads;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads of a host: all of them run on the simulation's one thread. Code that may block runs on virtual threads whose steps, from one wait to the next, are
 * tasks of the schedule; a wait takes virtual time.
 */
final class HostThreads implements Threads {
    private final Host host;
    private final boolean blocks;
    private final Set<Thread> live = new LinkedHashSet<>();

    /** @param blocks whether code that may block runs on the host */
    HostThreads(Host host, boolean blocks) {
        this.host = host;
        this.blocks = blocks;
    }

    @Override
    public Thread blocking(String name, Runnable task) {
        Thread thread = SteppedThreads.unstarted(
                step -> host.schedule().fromHere(() -> host.step(step)), host.name() + " " + name, () -> {
                    try {
                        task.run();
                    } catch (EndOfRun e) {
                        // As it should.
                    } finally {
                        live.remove(Thread.currentThread());
                    }
                });
        live.add(thread);
        return thread;
    }

    /** Interrupts all threads: they continue with a failure. Those that wait without regard to that continue when what they wait for fails. */
    void endAll() {
        List.copyOf(live).forEach(Thread::interrupt);
    }

    @Override
    public Executor each(String name) {
        return blocks ? Threads.super.each(name) : host::run;
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
        requireRunning();
        Thread thread = Thread.currentThread();
        host.after(length.toNanos(), () -> LockSupport.unpark(thread));
        LockSupport.park();
        requireRunning();
    }

    @Override
    public <T> T await(CompletableFuture<T> answer, Duration limit)
            throws InterruptedException, ExecutionException, TimeoutException {
        requireRunning();
        if (!answer.isDone()) {
            CompletableFuture<Void> waited = new CompletableFuture<>();
            CompletableFuture<T> _ = answer.whenComplete((x, e) -> waited.complete(null));
            host.after(limit.toNanos(), () -> waited.complete(null));
            Void _ = waited.get();
            requireRunning();
        }
        if (!answer.isDone()) {
            throw new TimeoutException();
        }
        return answer.get();
    }

    private void requireRunning() {
        if (host.closing()) {
            throw new EndOfRun();
        }
    }
}
