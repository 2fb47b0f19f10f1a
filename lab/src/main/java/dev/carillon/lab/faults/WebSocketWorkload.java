package dev.carillon.lab.faults;

import dev.carillon.lab.account.EventApi;
import dev.carillon.lab.account.EventSequence;
import dev.carillon.lab.account.Subscriber;
import dev.carillon.lab.fleet.Fleet;
import dev.carillon.lab.fleet.Fleet.Messages;
import dev.carillon.lab.fleet.Fleet.Resume;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The workload of a run at {@code /ws}, at nodes that require a token. A third of the clients asks for the position, loads the state and begins from
 * there, whenever it connects; half of these have event streams. The others send their token as the first message and resume in each of the ways
 * that there are.
 *
 * <p>No event is in {@code global}: every connection receives its events from the beginning, also one that subscribes later.
 */
final class WebSocketWorkload implements Workload {
    private static final ScopedTraffic TRAFFIC = new ScopedTraffic(false);

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
        return TRAFFIC.sequences();
    }

    @Override
    public EventSequence quiet(int number) {
        return TRAFFIC.quiet(number);
    }

    @Override
    public List<Subscriber> subscribers(int count) {
        return TRAFFIC.subscribers(count);
    }

    @Override
    public String target(int subscriber) {
        return switch (Kind.of(subscriber)) {
            case BY_SUBSCRIBE, EACH_SCOPE -> "/ws";
            case BY_REQUEST, ALL_SCOPES, POSITION -> "/ws" + TRAFFIC.parameters(subscriber);
            case POSITION_OF_STREAM -> "/events" + TRAFFIC.parameters(subscriber);
        };
    }

    @Override
    public Optional<String> token(FaultCluster cluster, int subscriber) {
        return Optional.of(cluster.token(Workload.tenant(subscriber), ScopedTraffic.readsPrivate(subscriber)));
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
                new Messages(token, List.copyOf(TRAFFIC.scopes(subscriber)), resume),
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
                TRAFFIC.scopes(subscriber).stream().collect(Collectors.joining("&scope=", "/position?scope=", "")));
    }
}
