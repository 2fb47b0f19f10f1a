package dev.carillon.lab.account;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * A total order of all events that agrees with the order in which each subscriber received them (a topological sort). Where the subscribers
 * contradict each other, the event that was sent first comes first, so that some of the subscribers are found to be out of order.
 */
final class TotalOrder {
    private static final Comparator<Broadcast> BY_TIME_SENT = Comparator.<Broadcast>comparingLong(
                    event -> event.sentMillis)
            .thenComparingInt(event -> event.sequence.number())
            .thenComparingInt(event -> event.number);

    private final Map<Broadcast, Set<Broadcast>> successors = new HashMap<>();

    /** Adds events in the order in which they were received. */
    void add(List<Broadcast> events) {
        for (int i = 0; i < events.size(); i++) {
            Set<Broadcast> next = successors.computeIfAbsent(events.get(i), e -> new HashSet<>());
            if (i + 1 < events.size()) {
                next.add(events.get(i + 1));
            }
        }
    }

    /** The position of each event in the total order. */
    Map<Broadcast, Integer> positions() {
        Map<Broadcast, Integer> predecessorCounts = new HashMap<>();
        successors.keySet().forEach(event -> predecessorCounts.put(event, 0));
        successors.values().forEach(nexts -> nexts.forEach(next -> predecessorCounts.merge(next, 1, Integer::sum)));
        PriorityQueue<Broadcast> free = new PriorityQueue<>(BY_TIME_SENT);
        predecessorCounts.forEach((event, count) -> {
            if (count == 0) {
                free.add(event);
            }
        });
        List<Broadcast> rest = new ArrayList<>(predecessorCounts.keySet());
        rest.sort(BY_TIME_SENT);
        int nextStuck = 0;
        Map<Broadcast, Integer> positions = new HashMap<>();
        while (positions.size() < predecessorCounts.size()) {
            Broadcast event = free.poll();
            if (event == null) {
                // A cycle: the subscribers contradict each other.
                while (positions.containsKey(rest.get(nextStuck))) {
                    nextStuck++;
                }
                event = rest.get(nextStuck);
            }
            if (positions.containsKey(event)) {
                continue;
            }
            positions.put(event, positions.size());
            for (Broadcast next : successors.getOrDefault(event, Set.of())) {
                if (predecessorCounts.merge(next, -1, Integer::sum) == 0) {
                    free.add(next);
                }
            }
        }
        return positions;
    }
}
