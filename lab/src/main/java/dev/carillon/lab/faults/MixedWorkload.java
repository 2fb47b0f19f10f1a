package dev.carillon.lab.faults;

import dev.carillon.lab.account.EventApi;
import dev.carillon.lab.account.EventSequence;
import dev.carillon.lab.account.Subscriber;
import dev.carillon.lab.fleet.Fleet;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The workload of a run with clients of all kinds, on topics that they share: a third of the subscribers each has an event stream, a WebSocket and a
 * stream of the hub. Half of the broadcasters use the hub. All events are public, and no client is slow, as many clients are the point.
 *
 * <p>A tenth of the first two kinds subscribes to one late sequence only, so that these clients have received no event when their node leaves. A
 * stream of the hub has no id before its first update, and all of them receive one.
 */
final class MixedWorkload implements Workload {
    private static final int TOPICS_PER_BROADCASTER = 2;
    private static final int TOPICS = BROADCASTERS * TOPICS_PER_BROADCASTER;
    private static final int LATE = 24;
    private static final int KINDS = 3;
    private static final int WEB_SOCKET = 1;
    private static final int HUB = 2;

    @Override
    public EventApi api(int broadcaster) {
        return broadcaster % 2 == 0 ? EventApi.EVENTS : EventApi.MERCURE;
    }

    /** Each reaches about a quarter of the subscribers. */
    @Override
    public List<List<EventSequence>> sequences() {
        List<List<EventSequence>> sequences = new ArrayList<>();
        for (int i = 0; i < BROADCASTERS; i++) {
            int first = i * TOPICS_PER_BROADCASTER;
            sequences.add(IntStream.range(first, first + TOPICS_PER_BROADCASTER)
                    .mapToObj(number -> new EventSequence(number, TENANT, List.of(topic(number)), false))
                    .toList());
        }
        return sequences;
    }

    @Override
    public EventSequence quiet(int number) {
        return new EventSequence(number, TENANT, List.of("topic:quiet"), false);
    }

    @Override
    public List<EventSequence> late(int number) {
        return IntStream.range(0, LATE)
                .mapToObj(i -> new EventSequence(number + i, TENANT, List.of(lateTopic(i)), false))
                .toList();
    }

    private static String topic(int number) {
        return "topic:m" + number;
    }

    private static String lateTopic(int number) {
        return "topic:late" + number;
    }

    private static int kind(int subscriber) {
        return subscriber % KINDS;
    }

    private static Set<String> scopes(int subscriber) {
        if (subscriber % 10 == 7 && kind(subscriber) != HUB) {
            return Set.of(lateTopic(subscriber / 10 % LATE));
        }
        int first = subscriber % TOPICS;
        int distance = 1 + subscriber / TOPICS % (TOPICS - 1);
        return Set.of(topic(first), topic((first + distance) % TOPICS));
    }

    @Override
    public List<Subscriber> subscribers(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new Subscriber(TENANT, scopes(i), Set.of()))
                .toList();
    }

    @Override
    public String target(int subscriber) {
        String path = switch (kind(subscriber)) {
            case WEB_SOCKET -> "/ws";
            case HUB -> "/.well-known/mercure";
            default -> "/events";
        };
        return path + Workload.parameters(scopes(subscriber).stream().sorted());
    }

    @Override
    public Optional<String> token(FaultCluster cluster, int subscriber) {
        return Optional.empty();
    }

    @Override
    public String broadcasterToken(FaultCluster cluster, String tenant) {
        return cluster.tokenForEverything();
    }

    @Override
    public Fleet.Client client(FaultCluster cluster, int subscriber) {
        return new Fleet.Client(
                cluster.clientAddress(false),
                target(subscriber),
                List.of(),
                false,
                kind(subscriber) == WEB_SOCKET,
                null);
    }
}
