package dev.carillon.cli;

import dev.carillon.bench.Fleet;
import dev.carillon.bench.Lane;
import dev.carillon.bench.Subscriber;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Who takes part in a run: what the broadcasters' lanes are, and who listens to what, with what right and how. */
final class FaultCast {
    static final int BROADCASTERS = 4;

    private static final String TENANT = "default";
    private static final String OTHER_TENANT = "other";
    private static final int TOPICS = 4;

    private FaultCast() {}

    /** By broadcaster. */
    static List<List<Lane>> lanes() {
        List<List<Lane>> lanes = new ArrayList<>();
        int number = 0;
        for (int i = 0; i < BROADCASTERS; i++) {
            List<Lane> of = new ArrayList<>();
            for (List<String> scopes : List.of(
                    List.of("global"),
                    List.of("route:/a"),
                    List.of("route:/b"),
                    List.of("topic:t0"),
                    List.of("topic:t2"),
                    List.of("route:/a", "topic:t3"))) {
                of.add(new Lane(number++, TENANT, scopes, false));
            }
            of.add(new Lane(number++, TENANT, List.of("topic:t1"), true));
            if (i == 0) {
                of.add(new Lane(number++, OTHER_TENANT, List.of("global"), false));
                of.add(new Lane(number++, OTHER_TENANT, List.of("topic:t0"), false));
                of.add(new Lane(number++, OTHER_TENANT, List.of("topic:t1"), true));
            }
            lanes.add(of);
        }
        return lanes;
    }

    /** One that has an event now and then. */
    static Lane quiet(int number) {
        return new Lane(number, TENANT, List.of("topic:quiet"), false);
    }

    static List<Subscriber> subscribers(int count) {
        List<Subscriber> subscribers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Set<String> scopes = new LinkedHashSet<>(List.of("global", i % 2 == 0 ? "route:/a" : "route:/b"));
            scopes.add("topic:t" + i % TOPICS);
            scopes.add("topic:t" + (i + 1) % TOPICS);
            if (i % 3 == 0) {
                scopes.add("topic:quiet");
            }
            subscribers.add(new Subscriber(i % 15 == 14 ? OTHER_TENANT : TENANT, scopes, i % 7 < 3));
        }
        return subscribers;
    }

    /** A tenth reads slowly; a third come by a link that can be cut. */
    static List<Fleet.Client> clients(FaultCluster cluster, List<Subscriber> subscribers) {
        List<Fleet.Client> clients = new ArrayList<>();
        for (int i = 0; i < subscribers.size(); i++) {
            Subscriber subscriber = subscribers.get(i);
            StringBuilder target = new StringBuilder("/events");
            for (String scope : subscriber.scopes()) {
                if (!scope.equals("global")) {
                    target.append(target.indexOf("?") < 0 ? '?' : '&').append(scope.replaceFirst(":", "="));
                }
            }
            // Without a token one is in the default tenant, and reads nothing private.
            boolean anonymous = subscriber.tenant().equals(TENANT) && !subscriber.readsPrivate();
            List<String> headers = anonymous
                    ? List.of()
                    : List.of("Authorization: Bearer " + cluster.token(subscriber.tenant(), subscriber.readsPrivate()));
            clients.add(new Fleet.Client(cluster.forClients(i % 3 == 1), target.toString(), headers, i % 10 == 6));
        }
        return clients;
    }

    /** A fifth lose their connections now and then. */
    static boolean isRestless(int subscriber) {
        return subscriber % 5 == 3;
    }
}
