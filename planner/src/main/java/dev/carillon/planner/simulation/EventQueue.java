package dev.carillon.planner.simulation;

import java.util.PriorityQueue;

/**
 * Events in the order of their time; those of the same time in the order in which they were added.
 *
 * <p>Bounded by what adds to it: each node has at most one event of its life, and each cohort is in one event.
 */
final class EventQueue {
    private record Entry(double at, long order, Runnable action) implements Comparable<Entry> {
        @Override
        public int compareTo(Entry other) {
            int byTime = Double.compare(at, other.at);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    private final PriorityQueue<Entry> entries = new PriorityQueue<>();
    private long added;
    private double now;

    /** Seconds since the begin. */
    double now() {
        return now;
    }

    void add(double at, Runnable action) {
        entries.add(new Entry(Math.max(at, now), added++, action));
    }

    /** Runs the next event. False if there is none before the end. */
    boolean runNext(double end) {
        Entry entry = entries.peek();
        if (entry == null || entry.at > end) {
            return false;
        }
        entries.remove();
        now = entry.at;
        entry.action.run();
        return true;
    }

    /** How many events there have been. */
    long count() {
        return added;
    }
}
