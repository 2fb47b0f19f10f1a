package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.containers.Servers;
import dev.carillon.lab.fleet.Fleet;
import dev.carillon.lab.fleet.FleetObserver;
import dev.carillon.lab.fleet.StreamEvent;
import dev.carillon.node.TestCluster;
import dev.carillon.process.TestServer;
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
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * One of 50 users is revoked, who have as many event streams as WebSockets on three nodes: in one process, and, in full, as processes with Redis and NATS. The
 * times are in {@code target/revoked-user-*.txt}.
 */
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
        try (TestCluster cluster = new TestCluster("memory://revoked-user", NODES, Map.of("anonymous", "false"))) {
            List<URI> nodes = IntStream.range(0, NODES)
                    .mapToObj(i -> local(cluster.node(i).port()))
                    .toList();
            revoke(nodes, local(cluster.node(0).adminPort()), 500, "memory");
        }
    }

    @Tag("full")
    @Tag("process")
    @Tag("redis")
    @Test
    void all_connections_of_the_user_are_closed_with_the_reason_and_no_other_over_redis() throws Exception {
        try (TestServer server = Servers.redis()) {
            revoke(server);
        }
    }

    @Tag("full")
    @Tag("process")
    @Tag("nats")
    @Test
    void all_connections_of_the_user_are_closed_with_the_reason_and_no_other_over_nats() throws Exception {
        try (TestServer server = Servers.nats()) {
            revoke(server);
        }
    }

    private static void revoke(TestServer server) throws Exception {
        Map<String, String> settings =
                Map.of("CARILLON_ANONYMOUS", "false", "CARILLON_OPERATOR_TOKEN", TestCluster.OPERATOR);
        try (NodeProcesses nodes = new NodeProcesses(NODES, server.address(), settings)) {
            revoke(nodes.addresses(), nodes.adminAddress(0), 5_000, server.scheme());
        }
    }

    private static URI local(int port) {
        return URI.create("http://127.0.0.1:" + port);
    }

    private static void revoke(List<URI> nodes, URI admin, int connections, String name) throws Exception {
        Closes closes = new Closes();
        try (Fleet fleet = Fleet.start(clients(nodes, connections), CONNECTS_PER_SECOND, closes)) {
            Awaitility.await("all streams").until(() -> fleet.open() == connections);

            long begin = System.nanoTime();
            int status = TestCluster.send(HttpRequest.newBuilder(admin.resolve("/admin/revoke"))
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
            assertThat(TestCluster.send(HttpRequest.newBuilder(nodes.get(1).resolve("/broadcast"))
                                    .header("Authorization", "Bearer " + TestCluster.token())
                                    .header("Content-Type", "application/json")
                                    .POST(HttpRequest.BodyPublishers.ofString(
                                            "{\"scope\":\"topic:a\",\"data\":\"after\"}"))
                                    .build())
                            .statusCode())
                    .isEqualTo(200);
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

    private static List<Fleet.Client> clients(List<URI> nodes, int count) {
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
                            nodes.get(i % NODES).getPort()),
                    (webSocket ? "/ws" : "/events") + "?topic=a",
                    List.of("Authorization: Bearer " + tokens.get(i % USERS)),
                    false,
                    webSocket,
                    null));
        }
        return clients;
    }
}
