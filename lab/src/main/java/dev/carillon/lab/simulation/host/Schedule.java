package dev.carillon.lab.simulation.host;

import java.util.PriorityQueue;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * All tasks of a simulation, in virtual time. Tasks of the same moment run in an order that the seed decides. For one thread: the caller of {@link
 * #runUntil} runs every task.
 */
public final class Schedule {
    public static final long NANOS_PER_MILLI = 1_000_000;
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
    /** The thread of the run. */
    private final Thread owner = Thread.currentThread();
    /** From timers of the JVM, which wake a thread after a real time: none does in a run of less than some seconds. */
    private final Queue<Runnable> foreign = new ConcurrentLinkedQueue<>();

    private long nowNanos;
    private long steps;

    public Schedule(long seed) {
        ties = new SplittableRandom(seed);
    }

    /** Virtual time since the start. */
    public long nanos() {
        return nowNanos;
    }

    /** Number of tasks that have run. */
    public long steps() {
        return steps;
    }

    public void at(long nanos, Runnable action) {
        tasks.add(new Task(Math.max(nanos, nowNanos), ties.nextInt(), steps + tasks.size(), action));
    }

    /** Runs an action now, or between two tasks if another thread than that of the run calls. */
    void fromHere(Runnable action) {
        Thread current = Thread.currentThread();
        if (current.isVirtual() || current.equals(owner)) {
            action.run();
        } else {
            foreign.add(action);
        }
    }

    public void after(long nanos, Runnable action) {
        at(nowNanos + nanos, action);
    }

    /**
     * Runs all tasks that are due up to a moment, at which time then stands.
     *
     * @throws IllegalStateException if the run takes too many steps
     */
    public void runUntil(long nanos) {
        while (true) {
            Runnable arrived = foreign.poll();
            if (arrived != null) {
                arrived.run();
            }
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
