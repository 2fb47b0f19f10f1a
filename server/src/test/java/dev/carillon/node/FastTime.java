package dev.carillon.node;

import dev.carillon.base.Platform;
import dev.carillon.base.Threads;
import dev.carillon.extension.Extension;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RunnableScheduledFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The time of a node, which passes only when a test lets it pass. Timers run on the thread of the test; all other threads are real. */
public final class FastTime {
    private final Instant start = Instant.now();
    private final long startNanos = System.nanoTime();
    // Below: guarded by this.
    private final PriorityQueue<Task<?>> tasks = new PriorityQueue<>();
    private long nanos;

    /** Starts a node that has this time. */
    public Node start(NodeConfig config, Extension... extensions) {
        Platform real = Platform.system();
        Platform platform = new Platform(
                () -> start.plusNanos(now()),
                () -> startNanos + now(),
                real.random(),
                real.secureRandom(),
                new Timer(),
                new TimedThreads(real.threads(), this));
        Node.Builder builder = Node.builder(config).platform(platform);
        List.of(extensions).forEach(builder::extension);
        return builder.start();
    }

    private synchronized long now() {
        return nanos;
    }

    /** Lets time pass, and runs what is due meanwhile. */
    public void pass(Duration time) {
        long end = now() + time.toNanos();
        for (Task<?> task = next(end); task != null; task = next(end)) {
            task.run();
        }
    }

    /** The next task until the end, at whose time it is now; null: it is the end. */
    private synchronized @Nullable Task<?> next(long end) {
        Task<?> first = tasks.peek();
        if (first == null || first.due > end) {
            nanos = end;
            return null;
        }
        nanos = Math.max(nanos, first.due);
        return tasks.poll();
    }

    private synchronized void add(Task<?> task) {
        tasks.add(task);
    }

    private synchronized void remove(Task<?> task) {
        tasks.remove(task);
    }

    private final class Task<T> extends FutureTask<T> implements RunnableScheduledFuture<T> {
        private final long periodNanos;
        private long due;

        /** @param periodNanos 0: runs once */
        Task(Callable<T> call, long delayNanos, long periodNanos) {
            super(call);
            this.due = now() + Math.max(0, delayNanos);
            this.periodNanos = periodNanos;
            add(this);
        }

        @Override
        public void run() {
            if (periodNanos == 0) {
                super.run();
            } else if (runAndReset()) {
                due = now() + periodNanos;
                add(this);
            }
        }

        @Override
        public boolean cancel(boolean mayInterrupt) {
            remove(this);
            return super.cancel(mayInterrupt);
        }

        @Override
        public boolean isPeriodic() {
            return periodNanos > 0;
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(due - now(), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return other instanceof Task<?> task ? Long.compare(due, task.due) : 0;
        }
    }

    private record TimedThreads(Threads real, FastTime time) implements Threads {
        @Override
        public Thread blocking(String name, Runnable task) {
            return real.blocking(name, task);
        }

        @Override
        public ExecutorService newQueue(String name, int maxWaiting) {
            return real.newQueue(name, maxWaiting);
        }

        @Override
        public ScheduledExecutorService newTimer(String name) {
            return time.new Timer();
        }

        @Override
        public void pause(Duration length) {
            real.pause(length);
        }
    }

    private final class Timer extends AbstractExecutorService implements ScheduledExecutorService {
        private volatile boolean shutDown;

        @Override
        public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
            return new Task<>(call(command), unit.toNanos(delay), 0);
        }

        @Override
        public <V> ScheduledFuture<V> schedule(Callable<V> callable, long delay, TimeUnit unit) {
            return new Task<>(callable, unit.toNanos(delay), 0);
        }

        @Override
        public ScheduledFuture<?> scheduleAtFixedRate(Runnable command, long delay, long period, TimeUnit unit) {
            return new Task<>(call(command), unit.toNanos(delay), unit.toNanos(period));
        }

        @Override
        public ScheduledFuture<?> scheduleWithFixedDelay(Runnable command, long first, long delay, TimeUnit unit) {
            return new Task<>(call(command), unit.toNanos(first), unit.toNanos(delay));
        }

        private static Callable<Boolean> call(Runnable command) {
            return () -> {
                command.run();
                return true;
            };
        }

        @Override
        public void execute(Runnable command) {
            ScheduledFuture<?> _ = schedule(command, 0, TimeUnit.NANOSECONDS);
        }

        @Override
        public void shutdown() {
            shutDown = true;
        }

        @Override
        public List<Runnable> shutdownNow() {
            shutDown = true;
            return List.of();
        }

        @Override
        public boolean isShutdown() {
            return shutDown;
        }

        @Override
        public boolean isTerminated() {
            return shutDown;
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            return shutDown;
        }
    }
}
