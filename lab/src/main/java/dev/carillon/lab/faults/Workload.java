package dev.carillon.lab.faults;

import dev.carillon.lab.account.EventApi;
import dev.carillon.lab.account.EventSequence;
import dev.carillon.lab.account.Subscriber;
import dev.carillon.lab.fleet.Fleet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The workload of a run: the sequences of the broadcasters, and the subscriptions and grants of the subscribers. */
interface Workload {
    int BROADCASTERS = 4;
    String TENANT = "default";
    String OTHER_TENANT = "other";

    /** Sequences of each broadcaster. */
    List<List<EventSequence>> sequences();

    /** A sequence with only an occasional event.
     *
     * @param number number of the sequence
     */
    EventSequence quiet(int number);

    /**
     * Sequences that have no event before the fault, and one during it.
     *
     * @param number number of the first of them
     */
    default List<EventSequence> late(int number) {
        return List.of();
    }

    /** The API that a broadcaster uses. */
    EventApi api(int broadcaster);

    List<Subscriber> subscribers(int count);

    /** Request target of a subscriber's stream. */
    String target(int subscriber);

    /** Token of a subscriber; empty if it has none. */
    Optional<String> token(FaultCluster cluster, int subscriber);

    /** Token for broadcasting to all scopes of a tenant. */
    String broadcasterToken(FaultCluster cluster, String tenant);

    /** A tenth of the clients reads slowly; a third connects through a link that can be cut. */
    default Fleet.Client client(FaultCluster cluster, int subscriber) {
        List<String> headers = token(cluster, subscriber).stream()
                .map(token -> "Authorization: Bearer " + token)
                .toList();
        return new Fleet.Client(
                cluster.clientAddress(usesLink(subscriber)), target(subscriber), headers, readsSlowly(subscriber));
    }

    /** Whether a node may serve clients without a token. */
    default boolean anonymous() {
        return true;
    }

    /** Routes and topics as parameters of a stream. */
    static String parameters(Stream<String> scopes) {
        return scopes.map(scope -> scope.replaceFirst(":", "=")).collect(Collectors.joining("&", "?", ""));
    }

    static boolean usesLink(int subscriber) {
        return subscriber % 3 == 1;
    }

    static boolean readsSlowly(int subscriber) {
        return subscriber % 10 == 6;
    }

    static String tenant(int subscriber) {
        return subscriber % 15 == 14 ? OTHER_TENANT : TENANT;
    }

    /** A fifth of the clients loses its connections at random. */
    static boolean losesConnections(int subscriber) {
        return subscriber % 5 == 3;
    }
}
