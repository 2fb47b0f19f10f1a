package dev.carillon.lab.simulation;

import java.util.PriorityQueue;
import java.util.SplittableRandom;

/**
 * All tasks of a simulation, in virtual time. Tasks of the same moment run in an order that the seed decides. For one thread: the caller of {@link
 * #runUntil} runs every task.
 */
final class Schedule {
    /** Enough for minutes of virtual time; a run that needs more repeats something without end. */
    private static final long MAX_STEPS = 2_000_000;

    private record Task(long atNanos, int tie, long number, Runnable action) implements Comparable<Task> {
        @Override
        public int compareTo(Task other) {
            int byTime = Long.compare(atNanos, other.atNanos);
            int byTie = byTime != 0 ? byTime : Integer.compare(tie, other.tie);
            return byTie != 0 ? byTie : Long.compare(number, other.number);
        }
    }

    private final PriorityQueue<Task> tasks = new PriorityQueue<>();
    private final SplittableRandom ties;
    private long nowNanos;
    private long steps;

    Schedule(long seed) {
        ties = new SplittableRandom(seed);
    }

    /** Virtual time since the start. */
    long nanos() {
        return nowNanos;
    }

    /** Number of tasks that have run. */
    long steps() {
        return steps;
    }

    void at(long nanos, Runnable action) {
        tasks.add(new Task(Math.max(nanos, nowNanos), ties.nextInt(), steps + tasks.size(), action));
    }

    void after(long nanos, Runnable action) {
        at(nowNanos + nanos, action);
    }

    /**
     * Runs all tasks that are due up to a moment, at which time then stands.
     *
     * @throws IllegalStateException if the run takes too many steps
     */
    void runUntil(long nanos) {
        while (true) {
            Task next = tasks.peek();
            if (next == null || next.atNanos() > nanos) {
                nowNanos = Math.max(nowNanos, nanos);
                return;
            }
            tasks.remove();
            nowNanos = next.atNanos();
            if (++steps > MAX_STEPS) {
                throw new IllegalStateException("more than " + MAX_STEPS + " steps");
            }
            next.action().run();
        }
    }
}
