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
 * One order of all events that agrees with what each subscriber saw, as far as there is one. Where they contradict each other the
 * event that was sent first goes first, so that some of them are found to be wrong.
 */
final class Order {
    private static final Comparator<Broadcast> SENT = Comparator.<Broadcast>comparingLong(event -> event.sentMillis)
            .thenComparingInt(event -> event.lane.number())
            .thenComparingInt(event -> event.number);

    private final Map<Broadcast, Set<Broadcast>> after = new HashMap<>();

    /** These came in this order. */
    void add(List<Broadcast> events) {
        for (int i = 0; i < events.size(); i++) {
            Set<Broadcast> next = after.computeIfAbsent(events.get(i), e -> new HashSet<>());
            if (i + 1 < events.size()) {
                next.add(events.get(i + 1));
            }
        }
    }

    /** Each event's place. */
    Map<Broadcast, Integer> places() {
        Map<Broadcast, Integer> before = new HashMap<>();
        after.keySet().forEach(event -> before.put(event, 0));
        after.values().forEach(nexts -> nexts.forEach(next -> before.merge(next, 1, Integer::sum)));
        PriorityQueue<Broadcast> free = new PriorityQueue<>(SENT);
        before.forEach((event, count) -> {
            if (count == 0) {
                free.add(event);
            }
        });
        List<Broadcast> rest = new ArrayList<>(before.keySet());
        rest.sort(SENT);
        int stuckAt = 0;
        Map<Broadcast, Integer> places = new HashMap<>();
        while (places.size() < before.size()) {
            Broadcast event = free.poll();
            if (event == null) {
                // They contradict each other.
                while (places.containsKey(rest.get(stuckAt))) {
                    stuckAt++;
                }
                event = rest.get(stuckAt);
            }
            if (places.containsKey(event)) {
                continue;
            }
            places.put(event, places.size());
            for (Broadcast next : after.getOrDefault(event, Set.of())) {
                if (before.merge(next, -1, Integer::sum) == 0) {
                    free.add(next);
                }
            }
        }
        return places;
    }
}
