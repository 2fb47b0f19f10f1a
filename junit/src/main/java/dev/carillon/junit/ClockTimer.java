package dev.carillon.junit;

import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.RunnableScheduledFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A timer with one thread, by the clock of a test: when that is advanced, tasks are due at once. Thread-safe. */
final class ClockTimer extends AbstractExecutorService implements ScheduledExecutorService {
    private final TestClock clock;
    private final Consumer<ClockTimer> onShutdown;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // Guarded by lock.
    private final PriorityQueue<Task<?>> tasks = new PriorityQueue<>();
    private boolean running;
    private long numbers;

    private volatile boolean shutDown;

    ClockTimer(TestClock clock, Consumer<ClockTimer> onShutdown) {
        this.clock = clock;
        this.onShutdown = onShutdown;
    }

    /** The work of the timer's thread, until it is shut down. */
    void run() {
        Task<?> task = next();
        while (task != null) {
            task.run();
            task = next();
        }
    }

    /** Waits for the next task that is due; null: the timer is shut down. */
    private @Nullable Task<?> next() {
        lock.lock();
        try {
            running = false;
            changed.signalAll();
            while (!shutDown) {
                Task<?> first = tasks.peek();
                long delay = first == null ? Long.MAX_VALUE : first.due - clock.nanoTime();
                if (delay <= 0) {
                    running = true;
                    return tasks.poll();
                }
                long _ = changed.awaitNanos(delay);
            }
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until no task is due, after the clock was advanced. */
    void runDue() {
        lock.lock();
        try {
            changed.signalAll();
            while (!shutDown && (running || isDue())) {
                changed.await();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    private boolean isDue() {
        Task<?> first = tasks.peek();
        return first != null && first.due <= clock.nanoTime();
    }

    private <T> Task<T> add(Task<T> task) {
        lock.lock();
        try {
            if (shutDown) {
                throw new RejectedExecutionException("the timer is shut down");
            }
            task.number = numbers++;
            tasks.add(task);
            changed.signalAll();
            return task;
        } finally {
            lock.unlock();
        }
    }

    private void remove(Task<?> task) {
        lock.lock();
        try {
            tasks.remove(task);
        } finally {
            lock.unlock();
        }
    }

    private final class Task<T> extends FutureTask<T> implements RunnableScheduledFuture<T> {
        private final long periodNanos;
        private final boolean fixedRate;
        private long due;
        private long number;

        /** @param periodNanos 0: runs once */
        Task(Callable<T> call, long delayNanos, long periodNanos, boolean fixedRate) {
            super(call);
            this.due = clock.nanoTime() + Math.max(0, delayNanos);
            this.periodNanos = periodNanos;
            this.fixedRate = fixedRate;
        }

        @Override
        public void run() {
            if (periodNanos == 0) {
                super.run();
            } else if (runAndReset() && !shutDown) {
                due = (fixedRate ? due : clock.nanoTime()) + periodNanos;
                Task<T> _ = add(this);
            }
        }

        @Override
        public boolean cancel(boolean mayInterrupt) {
            boolean cancelled = super.cancel(mayInterrupt);
            remove(this);
            return cancelled;
        }

        @Override
        public boolean isPeriodic() {
            return periodNanos > 0;
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(due - clock.nanoTime(), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            if (!(other instanceof Task<?> task)) {
                return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
            }
            return due == task.due ? Long.compare(number, task.number) : Long.compare(due, task.due);
        }
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
        return add(new Task<>(Executors.callable(command), unit.toNanos(delay), 0, false));
    }

    @Override
    public <V> ScheduledFuture<V> schedule(Callable<V> callable, long delay, TimeUnit unit) {
        return add(new Task<>(callable, unit.toNanos(delay), 0, false));
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable command, long first, long period, TimeUnit unit) {
        return add(new Task<>(Executors.callable(command), unit.toNanos(first), unit.toNanos(period), true));
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable command, long first, long delay, TimeUnit unit) {
        return add(new Task<>(Executors.callable(command), unit.toNanos(first), unit.toNanos(delay), false));
    }

    @Override
    public void execute(Runnable command) {
        ScheduledFuture<?> _ = schedule(command, 0, TimeUnit.NANOSECONDS);
    }

    @Override
    public void shutdown() {
        List<Runnable> _ = shutdownNow();
    }

    @Override
    public List<Runnable> shutdownNow() {
        lock.lock();
        try {
            shutDown = true;
            tasks.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        onShutdown.accept(this);
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
