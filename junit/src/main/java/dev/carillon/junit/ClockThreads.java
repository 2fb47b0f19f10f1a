package dev.carillon.junit;

import dev.carillon.base.Threads;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;

/** The threads of the process, with timers by the clock of a test. */
record ClockThreads(Threads real, TestClock clock) implements Threads {
    /** It observes threads of the process, which do not run faster. */
    private static final String WATCH = "carillon-io-watch";

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
        return name.startsWith(WATCH) ? real.newTimer(name) : clock.newTimer(name);
    }

    @Override
    public void pause(Duration length) {
        real.pause(length);
    }
}
