package dev.carillon.lab.simulation.host;

import dev.carillon.base.Platform;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** A machine with one process, whose tasks run by the schedule. It can be paused, its clock can be wrong, and it ends at once. */
public final class Host {
    /** The broker's clock and those of hosts without an error begin here, in milliseconds since 1970. */
    public static final long START_MILLIS = 1_750_000_000_000L;

    private static final long NANOS_PER_MILLI = 1_000_000;

    /** Bytes by seed, for ids that need not be secret here. */
    private static final class SeededBytes extends SecureRandom {
        private static final long serialVersionUID = 1L;

        private final transient SplittableRandom random;

        SeededBytes(long seed) {
            random = new SplittableRandom(seed);
        }

        @Override
        public void nextBytes(byte[] bytes) {
            random.nextBytes(bytes);
        }
    }

    private final String name;
    private final Schedule schedule;
    private final Platform platform;
    /** Steps of threads that came after the end of the process; they run when all threads of a run are ended. */
    private final List<Runnable> left = new ArrayList<>();

    private final HostThreads threads;
    private boolean alive = true;
    /** The run is over: threads end at their next wait. */
    private boolean closing;

    private long pausedUntilNanos;
    private long clockErrorMillis;

    /** @param blocks whether code that may block runs on it; see {@link SteppedThreads} */
    public Host(String name, Schedule schedule, long seed, boolean blocks) {
        this.name = name;
        this.schedule = schedule;
        this.threads = new HostThreads(this, blocks);
        this.platform = new Platform(
                () -> Instant.ofEpochMilli(START_MILLIS + schedule.nanos() / NANOS_PER_MILLI + clockErrorMillis),
                schedule::nanos,
                new SplittableRandom(seed),
                new SeededBytes(seed),
                new HostExecutor(this),
                threads);
    }

    public String name() {
        return name;
    }

    public Platform platform() {
        return platform;
    }

    public Schedule schedule() {
        return schedule;
    }

    public boolean alive() {
        return alive;
    }

    public boolean paused() {
        return schedule.nanos() < pausedUntilNanos;
    }

    public void run(Runnable task) {
        after(0, task);
    }

    /** Runs a task after a time, or when the host is no longer paused; never once it has ended. */
    public void after(long nanos, Runnable task) {
        schedule.after(nanos, () -> runNow(task));
    }

    private void runNow(Runnable task) {
        if (!alive) {
            return;
        }
        if (paused()) {
            schedule.at(pausedUntilNanos, () -> runNow(task));
        } else {
            task.run();
        }
    }

    /** A step of a thread. It is not forgotten at the end of the process, as a thread that never continues is never released. */
    public void step(Runnable step) {
        schedule.after(0, () -> stepNow(step));
    }

    private void stepNow(Runnable step) {
        if (closing) {
            step.run();
        } else if (!alive) {
            left.add(step);
        } else if (paused()) {
            schedule.at(pausedUntilNanos, () -> stepNow(step));
        } else {
            step.run();
        }
    }

    boolean closing() {
        return closing;
    }

    /** Ends all threads of the host at the end of a run, also those of a process that has ended before. What they still do is not judged. */
    public void close() {
        alive = false;
        closing = true;
        left.forEach(step -> schedule.after(0, step));
        left.clear();
        threads.endAll();
    }

    /** Its tasks wait. */
    public void pause(long nanos) {
        pausedUntilNanos = Math.max(pausedUntilNanos, schedule.nanos() + nanos);
    }

    /** The time of day jumps; durations do not. */
    public void moveClock(long millis) {
        clockErrorMillis += millis;
    }

    /** The process ends without a last word: none of its tasks runs any more. */
    public void end() {
        alive = false;
    }
}
