package dev.carillon.lab.faults;

import dev.carillon.lab.account.EventSequence;
import dev.carillon.lab.account.Subscriber;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** The workload of a run at {@code /events} or {@code /ws}: some subscribers may read every private event of their scopes, the others none. */
final class EventsWorkload implements Workload {
    private static final int TOPICS = 4;

    private final String path;

    /** @param path of the streams */
    EventsWorkload(String path) {
        this.path = path;
    }

    @Override
    public List<List<EventSequence>> sequences() {
        List<List<EventSequence>> sequences = new ArrayList<>();
        int number = 0;
        for (int i = 0; i < BROADCASTERS; i++) {
            List<EventSequence> own = new ArrayList<>();
            for (List<String> scopes : List.of(
                    List.of("global"),
                    List.of("route:/a"),
                    List.of("route:/b"),
                    List.of("topic:t0"),
                    List.of("topic:t2"),
                    List.of("route:/a", "topic:t3"))) {
                own.add(new EventSequence(number++, TENANT, scopes, false));
            }
            own.add(new EventSequence(number++, TENANT, List.of("topic:t1"), true));
            if (i == 0) {
                own.add(new EventSequence(number++, OTHER_TENANT, List.of("global"), false));
                own.add(new EventSequence(number++, OTHER_TENANT, List.of("topic:t0"), false));
                own.add(new EventSequence(number++, OTHER_TENANT, List.of("topic:t1"), true));
            }
            sequences.add(own);
        }
        return sequences;
    }

    @Override
    public EventSequence quiet(int number) {
        return new EventSequence(number, TENANT, List.of("topic:quiet"), false);
    }

    @Override
    public List<Subscriber> subscribers(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new Subscriber(Workload.tenant(i), scopes(i), readsPrivate(i) ? scopes(i) : Set.of()))
                .toList();
    }

    private static Set<String> scopes(int subscriber) {
        Set<String> scopes = new LinkedHashSet<>(List.of("global", subscriber % 2 == 0 ? "route:/a" : "route:/b"));
        scopes.add("topic:t" + subscriber % TOPICS);
        scopes.add("topic:t" + (subscriber + 1) % TOPICS);
        if (subscriber % 3 == 0) {
            scopes.add("topic:quiet");
        }
        return scopes;
    }

    private static boolean readsPrivate(int subscriber) {
        return subscriber % 7 < 3;
    }

    @Override
    public String target(int subscriber) {
        StringBuilder target = new StringBuilder(path);
        for (String scope : scopes(subscriber)) {
            if (!scope.equals("global")) {
                target.append(target.indexOf("?") < 0 ? '?' : '&').append(scope.replaceFirst(":", "="));
            }
        }
        return target.toString();
    }

    @Override
    public Optional<String> token(FaultCluster cluster, int subscriber) {
        // A client without a token belongs to the default tenant and reads no private event.
        boolean anonymous = Workload.tenant(subscriber).equals(TENANT) && !readsPrivate(subscriber);
        return anonymous
                ? Optional.empty()
                : Optional.of(cluster.token(Workload.tenant(subscriber), readsPrivate(subscriber)));
    }

    @Override
    public String broadcasterToken(FaultCluster cluster, String tenant) {
        return cluster.token(tenant, true);
    }
}
