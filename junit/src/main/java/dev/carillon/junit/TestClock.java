package dev.carillon.junit;

import dev.carillon.base.Platform;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The clock of the nodes of a {@link CarillonNode}: their time of day and their monotonic clock. It runs, so that nothing waits for ever; and a test advances it,
 * by an hour in about a second. Thread-safe.
 */
public final class TestClock implements InstantSource {
    /** Shorter than the periods by which nodes observe each other, so that none takes another one for gone. */
    private static final Duration STEP = Duration.ofSeconds(1);

    private static final Duration MAX = Duration.ofDays(1);

    private final Platform real;
    private final AtomicLong ahead = new AtomicLong();
    private final List<ClockTimer> timers = new CopyOnWriteArrayList<>();
    private final Runnable afterStep;

    /** @param afterStep waits until the nodes have done what a step caused */
    TestClock(Platform real, Runnable afterStep) {
        this.real = real;
        this.afterStep = afterStep;
    }

    @Override
    public Instant instant() {
        return real.clock().instant().plusNanos(ahead.get());
    }

    /**
     * Lets time pass for the nodes, in steps of a second: tokens expire, contexts and retained values end, periodic tasks run. Returns when the tasks that were
     * due have run; await their effects, such as a closed stream.
     *
     * @param time positive, at most one day
     * @throws IllegalArgumentException it is neither
     */
    public synchronized void advance(Duration time) {
        if (time.isNegative() || time.isZero() || time.compareTo(MAX) > 0) {
            throw new IllegalArgumentException("time: must be more than 0 and at most " + MAX + ", not " + time);
        }
        Duration left = time;
        while (left.isPositive()) {
            Duration step = left.compareTo(STEP) < 0 ? left : STEP;
            ahead.addAndGet(step.toNanos());
            timers.forEach(ClockTimer::runDue);
            afterStep.run();
            left = left.minus(step);
        }
    }

    long nanoTime() {
        return real.nanoTime().getAsLong() + ahead.get();
    }

    /** Clocks and timers of this clock; everything else, and the limits for answers, are those of the process. */
    Platform platform() {
        return new Platform(
                this,
                this::nanoTime,
                real.random(),
                real.secureRandom(),
                real.timer(),
                new ClockThreads(real.threads(), this));
    }

    ClockTimer newTimer(String name) {
        ClockTimer timer = new ClockTimer(this, timers::remove);
        timers.add(timer);
        Thread thread = real.threads().blocking(name, timer::run);
        thread.start();
        return timer;
    }
}
