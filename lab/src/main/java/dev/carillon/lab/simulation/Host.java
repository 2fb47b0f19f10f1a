package dev.carillon.lab.simulation;

import dev.carillon.base.Platform;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.SplittableRandom;

/** A machine with one process, whose tasks run by the schedule. It can be paused, its clock can be wrong, and it ends at once. */
final class Host {
    /** The broker's clock and those of hosts without an error begin here, in milliseconds since 1970. */
    static final long START_MILLIS = 1_750_000_000_000L;

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
    private boolean alive = true;
    private long pausedUntilNanos;
    private long clockErrorMillis;

    Host(String name, Schedule schedule, long seed) {
        this.name = name;
        this.schedule = schedule;
        this.platform = new Platform(
                () -> Instant.ofEpochMilli(START_MILLIS + schedule.nanos() / NANOS_PER_MILLI + clockErrorMillis),
                schedule::nanos,
                new SplittableRandom(seed),
                new SeededBytes(seed),
                new HostExecutor(this),
                new HostThreads(this));
    }

    String name() {
        return name;
    }

    Platform platform() {
        return platform;
    }

    Schedule schedule() {
        return schedule;
    }

    boolean alive() {
        return alive;
    }

    boolean paused() {
        return schedule.nanos() < pausedUntilNanos;
    }

    void run(Runnable task) {
        after(0, task);
    }

    /** Runs a task after a time, or when the host is no longer paused; never once it has ended. */
    void after(long nanos, Runnable task) {
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

    /** Its tasks wait. */
    void pause(long nanos) {
        pausedUntilNanos = Math.max(pausedUntilNanos, schedule.nanos() + nanos);
    }

    /** The time of day jumps; durations do not. */
    void moveClock(long millis) {
        clockErrorMillis += millis;
    }

    /** The process ends without a last word: none of its tasks runs any more. */
    void end() {
        alive = false;
    }
}
