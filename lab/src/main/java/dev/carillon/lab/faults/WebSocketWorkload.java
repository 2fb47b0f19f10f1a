package dev.carillon.lab.faults;

import dev.carillon.lab.account.EventApi;
import dev.carillon.lab.account.EventSequence;
import dev.carillon.lab.account.Subscriber;
import dev.carillon.lab.fleet.Fleet;
import dev.carillon.lab.fleet.Fleet.Messages;
import dev.carillon.lab.fleet.Fleet.Resume;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The workload of a run at {@code /ws}, at nodes that require a token. A third of the clients asks for the position, loads the state and begins from
 * there, whenever it connects; half of these have event streams. The others send their token as the first message and resume in each of the ways
 * that there are.
 *
 * <p>No event is in {@code global}: every connection receives its events from the beginning, also one that subscribes later.
 */
final class WebSocketWorkload implements Workload {
    private static final int TOPICS = 4;

    /** The ways to begin. */
    private enum Kind {
        BY_REQUEST,
        BY_SUBSCRIBE,
        ALL_SCOPES,
        EACH_SCOPE,
        POSITION,
        POSITION_OF_STREAM;

        /** Independent of the subscriber's link, speed and scopes. */
        static Kind of(int subscriber) {
            int kinds = values().length;
            return values()[(subscriber + subscriber / kinds) % kinds];
        }
    }

    @Override
    public EventApi api(int broadcaster) {
        return EventApi.EVENTS;
    }

    @Override
    public List<List<EventSequence>> sequences() {
        List<List<EventSequence>> sequences = new ArrayList<>();
        int number = 0;
        for (int i = 0; i < BROADCASTERS; i++) {
            List<EventSequence> own = new ArrayList<>();
            for (List<String> scopes : List.of(
                    List.of("route:/a"),
                    List.of("route:/b"),
                    List.of("topic:t0"),
                    List.of("topic:t2"),
                    List.of("route:/a", "topic:t3"))) {
                own.add(new EventSequence(number++, TENANT, scopes, false));
            }
            own.add(new EventSequence(number++, TENANT, List.of("topic:t1"), true));
            if (i == 0) {
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
        Set<String> scopes = new LinkedHashSet<>(List.of(subscriber % 2 == 0 ? "route:/a" : "route:/b"));
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
        return switch (Kind.of(subscriber)) {
            case BY_SUBSCRIBE, EACH_SCOPE -> "/ws";
            case BY_REQUEST, ALL_SCOPES, POSITION -> "/ws" + selection(subscriber);
            case POSITION_OF_STREAM -> "/events" + selection(subscriber);
        };
    }

    private static String selection(int subscriber) {
        return scopes(subscriber).stream()
                .map(scope -> scope.replaceFirst(":", "="))
                .collect(Collectors.joining("&", "?", ""));
    }

    @Override
    public Optional<String> token(FaultCluster cluster, int subscriber) {
        return Optional.of(cluster.token(Workload.tenant(subscriber), readsPrivate(subscriber)));
    }

    @Override
    public String broadcasterToken(FaultCluster cluster, String tenant) {
        return cluster.token(tenant, true);
    }

    @Override
    public boolean anonymous() {
        return false;
    }

    @Override
    public Fleet.Client client(FaultCluster cluster, int subscriber) {
        String token = token(cluster, subscriber).orElseThrow();
        return switch (Kind.of(subscriber)) {
            case BY_REQUEST -> byMessages(cluster, subscriber, token, Resume.BY_REQUEST);
            case BY_SUBSCRIBE -> byMessages(cluster, subscriber, token, Resume.BY_SUBSCRIBE);
            case ALL_SCOPES -> byMessages(cluster, subscriber, token, Resume.ALL_SCOPES);
            case EACH_SCOPE -> byMessages(cluster, subscriber, token, Resume.EACH_SCOPE);
            case POSITION -> byPosition(cluster, subscriber, token, true);
            case POSITION_OF_STREAM -> byPosition(cluster, subscriber, token, false);
        };
    }

    private Fleet.Client byMessages(FaultCluster cluster, int subscriber, String token, Resume resume) {
        return new Fleet.Client(
                cluster.clientAddress(Workload.usesLink(subscriber)),
                target(subscriber),
                List.of(),
                Workload.readsSlowly(subscriber),
                true,
                null,
                new Messages(token, List.copyOf(scopes(subscriber)), resume),
                null);
    }

    private Fleet.Client byPosition(FaultCluster cluster, int subscriber, String token, boolean webSocket) {
        return new Fleet.Client(
                cluster.clientAddress(Workload.usesLink(subscriber)),
                target(subscriber),
                List.of("Authorization: Bearer " + token),
                Workload.readsSlowly(subscriber),
                webSocket,
                null,
                null,
                scopes(subscriber).stream().collect(Collectors.joining("&scope=", "/position?scope=", "")));
    }
}
