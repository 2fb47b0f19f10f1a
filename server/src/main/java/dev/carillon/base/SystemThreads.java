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

/** Threads of the JDK: virtual ones where code may block, of the platform where it must not. */
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
     * One thread, for many tasks of which most are cancelled: its timer is cheaper for them than {@link #newTimer}'s. A task that is due
     * runs on a virtual thread of its own, so that one that blocks delays no other: code of applications may depend on an answer that
     * a time limit ends. There are as many of those threads as tasks that are due and have not ended.
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

        /** As {@link TimeLimit} calls it; what is scheduled otherwise runs on the one thread. */
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
