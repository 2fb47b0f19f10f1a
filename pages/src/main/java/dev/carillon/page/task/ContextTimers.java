package dev.carillon.page.task;

import dev.carillon.page.PageTimer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The timers of a context. They run while its stream is open. Thread-safe. */
public final class ContextTimers {
    static final int MAX = 16;

    private static final Duration MIN_PERIOD = Duration.ofMillis(100);
    private static final Duration MAX_PERIOD = Duration.ofDays(1);

    private final ContextTasks tasks;
    private final ScheduledExecutorService clock;
    // Below: guarded by this.
    private final List<Timer> timers = new ArrayList<>();
    private boolean running;

    public ContextTimers(ContextTasks tasks, ScheduledExecutorService clock) {
        this.tasks = tasks;
        this.clock = clock;
    }

    public synchronized PageTimer add(Duration period, Runnable run) {
        if (period.compareTo(MIN_PERIOD) < 0 || period.compareTo(MAX_PERIOD) > 0) {
            throw new IllegalArgumentException("period " + period + ": must be from 100 ms to 1 day");
        }
        if (timers.size() >= MAX) {
            throw new IllegalStateException("a page has at most " + MAX + " timers");
        }
        Timer timer = new Timer(period, run);
        timers.add(timer);
        if (running) {
            timer.schedule();
        }
        return timer;
    }

    public synchronized void start() {
        if (!running) {
            running = true;
            timers.forEach(Timer::schedule);
        }
    }

    public synchronized void stop() {
        running = false;
        timers.forEach(Timer::cancel);
    }

    private final class Timer implements PageTimer {
        private final Duration period;
        private final Runnable run;
        /** Null: stopped, or its task waits or runs. */
        private @Nullable ScheduledFuture<?> next;

        private boolean busy;

        Timer(Duration period, Runnable run) {
            this.period = period;
            this.run = run;
        }

        private void schedule() {
            if (next == null && !busy) {
                try {
                    next = clock.schedule(this::due, period.toNanos(), TimeUnit.NANOSECONDS);
                } catch (RejectedExecutionException e) {
                    // The application has ended on this node.
                    running = false;
                }
            }
        }

        private void cancel() {
            ScheduledFuture<?> scheduled = next;
            if (scheduled != null) {
                scheduled.cancel(false);
                next = null;
            }
        }

        private void due() {
            synchronized (ContextTimers.this) {
                next = null;
                busy = running && timers.contains(this);
                if (!busy) {
                    return;
                }
            }
            if (!tasks.add(Task.of("timer", period.toString(), this::runIfActive), this::again)) {
                again();
            }
        }

        private void runIfActive() {
            synchronized (ContextTimers.this) {
                if (!timers.contains(this)) {
                    return;
                }
            }
            run.run();
        }

        private void again() {
            synchronized (ContextTimers.this) {
                busy = false;
                if (running && timers.contains(this)) {
                    schedule();
                }
            }
        }

        @Override
        public void stop() {
            synchronized (ContextTimers.this) {
                timers.remove(this);
                cancel();
            }
        }
    }
}
