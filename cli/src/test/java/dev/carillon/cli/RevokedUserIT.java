package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.lab.fleet.Fleet;
import dev.carillon.lab.fleet.FleetObserver;
import dev.carillon.lab.fleet.StreamEvent;
import dev.carillon.node.TestCluster;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** One of 50 users is revoked, who have as many event streams as WebSockets on three nodes. The times are in {@code target/revoked-user-*.txt}. */
class RevokedUserIT {
    private static final int USERS = 50;
    private static final int NODES = 3;
    private static final int CONNECTS_PER_SECOND = 1_000;
    private static final int REVOKED = 7;

    /** Remembers for each client when its stream closed, and with which reason. */
    private static final class Closes implements FleetObserver {
        private final BitSet closed = new BitSet();
        private final BitSet reached = new BitSet();
        private final Set<String> reasons = new TreeSet<>();
        private long lastNanos;

        @Override
        public synchronized void closed(int client, long nanos) {
            closed.set(client);
            lastNanos = nanos;
        }

        @Override
        public synchronized void event(int client, StreamEvent event, long nanos) {
            if (event.type().equals("carillon.close")) {
                reasons.add(client % USERS + " " + event.data());
            } else if (event.data().equals("after")) {
                reached.set(client);
            }
        }

        private synchronized BitSet all() {
            return (BitSet) closed.clone();
        }

        private synchronized int reached() {
            return reached.cardinality();
        }
    }

    @Test
    void all_connections_of_the_user_are_closed_with_the_reason_and_no_other() throws Exception {
        revoke(500, "500");
    }

    @Tag("full")
    @Test
    void all_connections_of_the_user_are_closed_with_the_reason_and_no_other_of_5000() throws Exception {
        revoke(5_000, "5000");
    }

    private static void revoke(int connections, String name) throws Exception {
        Closes closes = new Closes();
        try (TestCluster cluster =
                        new TestCluster("memory://revoked-user-" + name, NODES, Map.of("anonymous", "false"));
                Fleet fleet = Fleet.start(clients(cluster, connections), CONNECTS_PER_SECOND, closes)) {
            Awaitility.await("all streams").until(() -> fleet.open() == connections);

            long begin = System.nanoTime();
            int status = TestCluster.send(HttpRequest.newBuilder(URI.create(
                                    "http://127.0.0.1:" + cluster.node(0).adminPort() + "/admin/revoke"))
                            .header("Authorization", "Bearer " + TestCluster.OPERATOR)
                            .POST(HttpRequest.BodyPublishers.ofString("{\"user\":\"u" + REVOKED + "\"}"))
                            .build())
                    .statusCode();
            long answered = System.nanoTime();

            assertThat(status).isEqualTo(200);
            BitSet expected = new BitSet();
            for (int i = REVOKED; i < connections; i += USERS) {
                expected.set(i);
            }
            Awaitility.await("the user's connections to close").untilAsserted(() -> {
                BitSet all = closes.all();
                all.and(expected);
                assertThat(all).isEqualTo(expected);
            });
            TestCluster.broadcast(cluster.node(1), "{\"scope\":\"topic:a\",\"data\":\"after\"}");
            Awaitility.await("the others to receive an event")
                    .until(() -> closes.reached() >= connections - connections / USERS);
            assertThat(closes.all()).isEqualTo(expected);
            assertThat(closes.reached()).isEqualTo(connections - connections / USERS);
            assertThat(closes.reasons).containsExactly(REVOKED + " {\"reason\":\"revoked\"}");
            Files.writeString(
                    Path.of("target/revoked-user-" + name + ".txt"),
                    String.format(
                            Locale.ROOT,
                            "%d connections, %d of the revoked user: answered after %d ms, all closed after %d ms%n",
                            connections,
                            connections / USERS,
                            TimeUnit.NANOSECONDS.toMillis(answered - begin),
                            TimeUnit.NANOSECONDS.toMillis(closes.lastNanos - begin)));
        }
    }

    private static List<Fleet.Client> clients(TestCluster cluster, int count) {
        List<String> tokens = new ArrayList<>();
        for (int user = 0; user < USERS; user++) {
            String name = "u" + user;
            tokens.add(TestCluster.token(
                    List.of(), List.of(), builder -> builder.subject(name).issuedAt(Date.from(Instant.now()))));
        }
        List<Fleet.Client> clients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            // Half of each user's.
            boolean webSocket = i / USERS % 2 == 0;
            clients.add(new Fleet.Client(
                    new InetSocketAddress(
                            InetAddress.getLoopbackAddress(),
                            cluster.node(i % NODES).port()),
                    (webSocket ? "/ws" : "/events") + "?topic=a",
                    List.of("Authorization: Bearer " + tokens.get(i % USERS)),
                    false,
                    webSocket,
                    null));
        }
        return clients;
    }
}
