package dev.carillon.base;

import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * Clocks, randomness and threads: everything that makes two runs with the same input differ. Classes receive them by constructor, so that a
 * simulation can replace them. A class that needs one of them receives only that one. Thread-safe.
 *
 * @param clock time of day, for values that people or other machines read; not for durations
 * @param nanoTime monotonic clock, as {@link System#nanoTime}, for durations
 * @param random for delays that should differ between clients and nodes; predictable, so not for ids or secrets
 * @param secureRandom for ids and secrets
 * @param timer for short tasks that do not block, such as the end of a {@link TimeLimit}; shared, never shut down
 * @param threads for all other work
 */
public record Platform(
        InstantSource clock,
        LongSupplier nanoTime,
        RandomGenerator random,
        SecureRandom secureRandom,
        ScheduledExecutorService timer,
        Threads threads) {

    /** Created on first use, so that a process that only simulates has no real threads. */
    private static final class Real {
        static final Platform PLATFORM = new Platform(
                InstantSource.system(),
                System::nanoTime,
                () -> ThreadLocalRandom.current().nextLong(),
                new SecureRandom(),
                SystemThreads.newTimeouts("carillon-timeouts"),
                SystemThreads.INSTANCE);
    }

    /** The platform of the process. Only classes that start a node or open a broker call this; all others receive a platform. */
    public static Platform system() {
        return Real.PLATFORM;
    }

    /** A copy with another time of day. */
    public Platform clock(InstantSource value) {
        return new Platform(value, nanoTime, random, secureRandom, timer, threads);
    }

    /** A copy with another monotonic clock. */
    public Platform nanoTime(LongSupplier value) {
        return new Platform(clock, value, random, secureRandom, timer, threads);
    }
}
