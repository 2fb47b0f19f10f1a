package dev.carillon.base;

import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinWorkerThread;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Threads of the JDK: virtual threads for code that may block, platform threads for the rest. */
enum SystemThreads implements Threads {
    INSTANCE;

    @Override
    public Thread blocking(String name, Runnable task) {
        return Thread.ofVirtual().name(name).unstarted(task);
    }

    @Override
    public ExecutorService newQueue(String name, int maxWaiting) {
        return new ThreadPoolExecutor(
                1,
                1,
                0,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(maxWaiting),
                daemon(name),
                new ThreadPoolExecutor.AbortPolicy());
    }

    @Override
    public ScheduledExecutorService newTimer(String name) {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, daemon(name));
        timer.setRemoveOnCancelPolicy(true);
        return timer;
    }

    @Override
    public void pause(Duration length) {
        LockSupport.parkNanos(length.toNanos());
    }

    /**
     * A timer with one thread, for many tasks of which most are cancelled; cheaper for them than {@link #newTimer}. A task that is due runs on
     * its own virtual thread, so that a task that blocks delays no other: code of applications can depend on an answer that a time limit ends.
     * The number of those threads is not bounded by this class.
     */
    static ScheduledExecutorService newTimeouts(String name) {
        return new Timeouts(name);
    }

    private static final class Timeouts extends ForkJoinPool {
        private final String name;

        Timeouts(String name) {
            super(
                    1,
                    pool -> {
                        ForkJoinWorkerThread thread = ForkJoinPool.defaultForkJoinWorkerThreadFactory.newThread(pool);
                        thread.setName(name);
                        return thread;
                    },
                    null,
                    false);
            this.name = name;
        }

        /** Called by {@link TimeLimit}. The other scheduling methods run their tasks on the timer thread. */
        @Override
        public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
            return super.schedule(() -> handOver(task), delay, unit);
        }

        private void handOver(Runnable task) {
            Thread _ = Thread.ofVirtual().name(name).start(task);
        }
    }

    private static ThreadFactory daemon(String name) {
        return Thread.ofPlatform().daemon().name(name).factory();
    }
}
