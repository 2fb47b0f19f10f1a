package dev.carillon.lab.faults;

import dev.carillon.lab.account.Lane;
import dev.carillon.lab.account.Subscriber;
import dev.carillon.lab.fleet.Fleet;
import java.util.List;
import java.util.Optional;

/** Who takes part in a run: what the broadcasters' lanes are, and who listens to what, with what right and how. */
interface FaultCast {
    int BROADCASTERS = 4;
    String TENANT = "default";
    String OTHER_TENANT = "other";

    /** By broadcaster. */
    List<List<Lane>> lanes();

    /** One that has an event now and then. */
    Lane quiet(int number);

    List<Subscriber> subscribers(int count);

    /** What the request for its stream asks for. */
    String target(int subscriber);

    /** Empty: it comes without one. */
    Optional<String> token(FaultCluster cluster, int subscriber);

    /** Of those who broadcast to all scopes of a tenant. */
    String broadcasterToken(FaultCluster cluster, String tenant);

    /** A tenth reads slowly; a third come by a link that can be cut. */
    default Fleet.Client client(FaultCluster cluster, int subscriber) {
        List<String> headers = token(cluster, subscriber).stream()
                .map(token -> "Authorization: Bearer " + token)
                .toList();
        return new Fleet.Client(
                cluster.forClients(subscriber % 3 == 1), target(subscriber), headers, subscriber % 10 == 6);
    }

    static String tenant(int subscriber) {
        return subscriber % 15 == 14 ? OTHER_TENANT : TENANT;
    }

    /** A fifth lose their connections now and then. */
    static boolean isRestless(int subscriber) {
        return subscriber % 5 == 3;
    }
}
