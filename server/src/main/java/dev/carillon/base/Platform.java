package dev.carillon.base;

import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * Clocks, randomness and threads: all by which two runs of the same node with the same input differ. They enter by constructor, so that a
 * simulation can run a cluster with its own. A class that needs one of them takes that one alone. Everything here is thread-safe.
 *
 * @param clock the time of day: for what other machines or people read, never for a duration
 * @param nanoTime a monotonic clock, as {@link System#nanoTime}, for durations
 * @param random for delays that differ from client to client and from node to node; predictable, so never for an id or a secret
 * @param secureRandom for ids, secrets, and what an attacker must not foresee
 * @param timer for single tasks that are short and do not block, such as the end of a {@link TimeLimit}; shared, never shut down
 * @param threads where everything else runs
 */
public record Platform(
        InstantSource clock,
        LongSupplier nanoTime,
        RandomGenerator random,
        SecureRandom secureRandom,
        ScheduledExecutorService timer,
        Threads threads) {

    /** Made when it is used first, so that a process in which all is simulated has none. */
    private static final class Real {
        static final Platform PLATFORM = new Platform(
                InstantSource.system(),
                System::nanoTime,
                () -> ThreadLocalRandom.current().nextLong(),
                new SecureRandom(),
                SystemThreads.newTimeouts("carillon-timeouts"),
                SystemThreads.INSTANCE);
    }

    /** Those of the process: for the classes that start a node or open a broker; all others are given theirs. */
    public static Platform system() {
        return Real.PLATFORM;
    }

    /** The same, with another time of day. */
    public Platform clock(InstantSource value) {
        return new Platform(value, nanoTime, random, secureRandom, timer, threads);
    }

    /** The same, with another monotonic clock. */
    public Platform nanoTime(LongSupplier value) {
        return new Platform(clock, value, random, secureRandom, timer, threads);
    }
}
