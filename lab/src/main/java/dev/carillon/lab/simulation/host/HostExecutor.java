package dev.carillon.lab.simulation.host;

import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** A queue or a timer of a host. Tasks that are due run in their order; delayed ones by the schedule. */
public final class HostExecutor extends AbstractExecutorService implements ScheduledExecutorService {
    /** A task with a delay, perhaps one that repeats. */
    private final class Timed<V> extends FutureTask<V> implements ScheduledFuture<V> {
        private final long periodNanos;
        private long atNanos;

        Timed(Callable<V> task, long delayNanos, long periodNanos) {
            super(task);
            this.periodNanos = periodNanos;
            await(delayNanos);
        }

        private void await(long nanos) {
            atNanos = host.schedule().nanos() + nanos;
            host.after(nanos, this::due);
        }

        private void due() {
            if (shutdown || isCancelled()) {
                return;
            }
            if (periodNanos == 0) {
                run();
            } else if (runAndReset()) {
                await(periodNanos);
            }
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(atNanos - host.schedule().nanos(), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
        }
    }

    private final Host host;
    private final Lane lane;
    private boolean shutdown;

    public HostExecutor(Host host) {
        this.host = host;
        this.lane = new Lane(host);
    }

    @Override
    public void execute(Runnable task) {
        if (shutdown) {
            throw new RejectedExecutionException("shut down");
        }
        lane.execute(task);
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
        return schedule(called(task), delay, unit);
    }

    @Override
    public <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) {
        return new Timed<>(task, unit.toNanos(delay), 0);
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable task, long initial, long period, TimeUnit unit) {
        return new Timed<>(called(task), unit.toNanos(initial), unit.toNanos(period));
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable task, long initial, long delay, TimeUnit unit) {
        return scheduleAtFixedRate(task, initial, delay, unit);
    }

    private static Callable<Boolean> called(Runnable task) {
        return () -> {
            task.run();
            return true;
        };
    }

    @Override
    public void shutdown() {
        shutdown = true;
    }

    @Override
    public List<Runnable> shutdownNow() {
        shutdown = true;
        return List.of();
    }

    @Override
    public boolean isShutdown() {
        return shutdown;
    }

    @Override
    public boolean isTerminated() {
        return shutdown;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return shutdown;
    }
}
