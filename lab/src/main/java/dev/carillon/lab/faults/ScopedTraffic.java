package dev.carillon.lab.faults;

import dev.carillon.lab.account.EventSequence;
import dev.carillon.lab.account.Subscriber;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Events in routes and topics, some of them private, in two tenants, and the scopes of their subscribers: some may read every private event of their
 * scopes, the others none.
 *
 * @param global whether there are events in {@code global}, too, which every subscriber receives
 */
record ScopedTraffic(boolean global) {
    private static final int TOPICS = 4;
    private static final List<List<String>> SCOPES = List.of(
            List.of("route:/a"),
            List.of("route:/b"),
            List.of("topic:t0"),
            List.of("topic:t2"),
            List.of("route:/a", "topic:t3"));

    /** Sequences of each broadcaster. */
    List<List<EventSequence>> sequences() {
        List<List<EventSequence>> sequences = new ArrayList<>();
        int number = 0;
        for (int i = 0; i < Workload.BROADCASTERS; i++) {
            List<EventSequence> own = new ArrayList<>();
            if (global) {
                own.add(new EventSequence(number++, Workload.TENANT, List.of("global"), false));
            }
            for (List<String> scopes : SCOPES) {
                own.add(new EventSequence(number++, Workload.TENANT, scopes, false));
            }
            own.add(new EventSequence(number++, Workload.TENANT, List.of("topic:t1"), true));
            if (i == 0) {
                if (global) {
                    own.add(new EventSequence(number++, Workload.OTHER_TENANT, List.of("global"), false));
                }
                own.add(new EventSequence(number++, Workload.OTHER_TENANT, List.of("topic:t0"), false));
                own.add(new EventSequence(number++, Workload.OTHER_TENANT, List.of("topic:t1"), true));
            }
            sequences.add(own);
        }
        return sequences;
    }

    EventSequence quiet(int number) {
        return new EventSequence(number, Workload.TENANT, List.of("topic:quiet"), false);
    }

    List<Subscriber> subscribers(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new Subscriber(Workload.tenant(i), scopes(i), readsPrivate(i) ? scopes(i) : Set.of()))
                .toList();
    }

    Set<String> scopes(int subscriber) {
        Set<String> scopes = new LinkedHashSet<>();
        if (global) {
            scopes.add("global");
        }
        scopes.add(subscriber % 2 == 0 ? "route:/a" : "route:/b");
        scopes.add("topic:t" + subscriber % TOPICS);
        scopes.add("topic:t" + (subscriber + 1) % TOPICS);
        if (subscriber % 3 == 0) {
            scopes.add("topic:quiet");
        }
        return scopes;
    }

    /** Routes and topics of a subscriber, as parameters of its stream. */
    String parameters(int subscriber) {
        return Workload.parameters(scopes(subscriber).stream().filter(scope -> !scope.equals("global")));
    }

    static boolean readsPrivate(int subscriber) {
        return subscriber % 7 < 3;
    }
}
