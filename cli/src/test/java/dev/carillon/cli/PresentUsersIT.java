package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.containers.Servers;
import dev.carillon.lab.fleet.Fleet;
import dev.carillon.lab.fleet.FleetObserver;
import dev.carillon.node.TestCluster;
import dev.carillon.process.TestServer;
import dev.carillon.webhook.Receiver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * 5,000 users with three tabs each over three node processes, event streams and WebSockets: in rooms of 100, and all in one private scope. Webhooks and the events of each
 * scope are exact after joins, short disconnects, leaves, a node kill, its restart, and leaves while the broker is stopped. The times are in {@code target/present-users-*.txt}.
 */
@Tag("full")
@Tag("process")
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class PresentUsersIT {
    private static final int USERS = Integer.getInteger("carillon.present.users", 5_000);
    private static final int TABS = 3;
    private static final int NODES = 3;
    private static final int ROOMS = USERS / 100;
    private static final int KILLED = 2;
    private static final int LEAVE_FIRST = USERS / 5;
    private static final int LEAVE_IN_OUTAGE = USERS / 5 + USERS / 20;
    private static final int CONNECTS_PER_SECOND = 400;
    private static final String EVERYONE = "topic:everyone";

    private final List<String> times = new ArrayList<>();
    private final Receiver receiver = new Receiver();
    private final PresenceAccount webhooks = new PresenceAccount("webhooks", List.of());
    private final PresenceAccount events = new PresenceAccount("events", scopes());
    private int taken;
    private int joined;
    private int left;

    @Tag("redis")
    @Test
    void presence_and_webhooks_are_exact_over_redis() throws Exception {
        try (TestServer server = Servers.redis()) {
            run(server);
        }
    }

    @Tag("nats")
    @Test
    void presence_and_webhooks_are_exact_over_nats() throws Exception {
        try (TestServer server = Servers.nats()) {
            run(server);
        }
    }

    private static List<String> scopes() {
        List<String> scopes = new ArrayList<>();
        IntStream.range(0, ROOMS).forEach(room -> scopes.add("topic:room/" + room));
        scopes.add(EVERYONE);
        return scopes;
    }

    /** Whether all tabs of the user are at the node that is killed. */
    private static boolean isPinned(int user) {
        return user % 10 == 5;
    }

    private static boolean isAtKilledNode(int room) {
        return IntStream.range(LEAVE_FIRST, USERS)
                .filter(user -> user % ROOMS == room)
                .allMatch(PresentUsersIT::isPinned);
    }

    private static int count(int from, int to, IntPredicate condition) {
        return (int) IntStream.range(from, to).filter(condition).count();
    }

    private void run(TestServer server) throws Exception {
        try (NodeProcesses nodes = new NodeProcesses(NODES, server.address(), variables());
                Fleet watchers = Fleet.start(watchers(nodes), CONNECTS_PER_SECOND, events)) {
            await().until(() -> watchers.open() == ROOMS + 1);
            try (Fleet staying = users(nodes, LEAVE_IN_OUTAGE, USERS)) {
                Fleet first = users(nodes, 0, LEAVE_FIRST);
                Fleet second = users(nodes, LEAVE_FIRST, LEAVE_IN_OUTAGE);
                expect("join of all users", nodes, USERS, 0, 0, USERS);
                await("all tabs").until(() -> staying.open() + first.open() + second.open() == USERS * TABS);

                // One tab of many users, and all tabs of some.
                IntStream.range(0, LEAVE_FIRST).forEach(user -> staying.drop(user * TABS));
                IntStream.range(0, USERS / 50 * TABS).forEach(staying::drop);
                first.close();
                expect("leave of a fifth", nodes, 0, LEAVE_FIRST, LEAVE_FIRST, USERS);
                await("dropped tabs").until(() -> staying.open() + second.open() == (USERS - LEAVE_FIRST) * TABS);

                nodes.kill(KILLED);
                int pinned = count(LEAVE_FIRST, USERS, PresentUsersIT::isPinned);
                expect("leave after a node kill", nodes, 0, pinned, LEAVE_FIRST, USERS, user -> !isPinned(user));

                nodes.start(KILLED);
                expect("join after its restart", nodes, pinned, 0, LEAVE_FIRST, USERS);
                await("all tabs").until(() -> staying.open() + second.open() == (USERS - LEAVE_FIRST) * TABS);

                server.stop();
                await("the outage").until(() -> nodes.metric("carillon_broker_connected") == 0);
                second.close();
                server.start();
                expect(
                        "leave during a broker restart",
                        nodes,
                        0,
                        LEAVE_IN_OUTAGE - LEAVE_FIRST,
                        LEAVE_IN_OUTAGE,
                        USERS);
            }
            // Each scope once, and rooms of users who were all at the killed node once more.
            int occupied = ROOMS + 1 + count(0, ROOMS, PresentUsersIT::isAtKilledNode);
            expect("leave of all", nodes, 0, USERS - LEAVE_IN_OUTAGE, USERS, USERS);
            await("empty scopes").until(() -> {
                take();
                return webhooks.count("vacated") >= occupied;
            });
            assertThat(webhooks.count("occupied")).isEqualTo(occupied);
            assertThat(webhooks.count("vacated")).isEqualTo(occupied);
            assertThat(nodes.metric("carillon_webhook_events_given_up_total")).isZero();
            assertThat(nodes.metric("carillon_presence_refused_total")).isZero();
        } finally {
            times.add("webhooks that arrived twice: " + webhooks.repeated() + ", requests: "
                    + receiver.requests().size());
            times.add(webhooks + "\n" + events);
            Files.write(Path.of("target/present-users-" + server.scheme() + ".txt"), times);
            receiver.close();
        }
    }

    private Map<String, String> variables() {
        return Map.of(
                "CARILLON_SCOPE_POLICIES",
                "topic:everyone=20000/1h/presence-private,topic:room/*=2000/1h/presence",
                "CARILLON_WEBHOOK_URL",
                receiver.url().toString(),
                "CARILLON_WEBHOOK_SECRET",
                "a secret of the webhooks");
    }

    private static List<InetSocketAddress> addresses(NodeProcesses nodes) {
        return nodes.addresses().stream()
                .map(uri -> new InetSocketAddress(uri.getHost(), uri.getPort()))
                .toList();
    }

    /** One for each scope, at nodes that are not killed. */
    private static List<Fleet.Client> watchers(NodeProcesses nodes) {
        String token = TestCluster.token(List.of(), List.of("*"), builder -> builder);
        return IntStream.rangeClosed(0, ROOMS)
                .mapToObj(i -> new Fleet.Client(
                        addresses(nodes).get(i % KILLED),
                        "/events?topic=" + scopes().get(i).substring("topic:".length()),
                        List.of("Authorization: Bearer " + token),
                        false))
                .toList();
    }

    private static Fleet users(NodeProcesses nodes, int from, int to) {
        List<InetSocketAddress> addresses = addresses(nodes);
        List<Fleet.Client> clients = new ArrayList<>();
        for (int user = from; user < to; user++) {
            String name = "u" + user;
            String token = TestCluster.token(
                    List.of(),
                    List.of(),
                    builder -> builder.subject(name)
                            .expiration(Date.from(Instant.now().plusSeconds(7_200)))
                            .claim("carillon", Map.of("user_data", Map.of("name", name))));
            for (int tab = 0; tab < TABS; tab++) {
                boolean webSocket = (user + tab) % 3 == 0;
                clients.add(new Fleet.Client(
                        addresses.get(isPinned(user) ? KILLED : tab % NODES),
                        (webSocket ? "/ws" : "/events") + "?topic=everyone&topic=room/" + user % ROOMS,
                        List.of("Authorization: Bearer " + token),
                        false,
                        webSocket,
                        null));
            }
        }
        return Fleet.start(clients, CONNECTS_PER_SECOND, new FleetObserver() {});
    }

    private void expect(String what, NodeProcesses nodes, int joins, int leaves, int from, int to) {
        expect(what, nodes, joins, leaves, from, to, user -> true);
    }

    /** Each of the users counts in two scopes. */
    private void expect(
            String what, NodeProcesses nodes, int joins, int leaves, int from, int to, IntPredicate present) {
        long begin = System.nanoTime();
        joined += 2 * joins;
        left += 2 * leaves;
        await(what).until(() -> {
            take();
            return webhooks.has(joined, left);
        });
        long webhooksNanos = System.nanoTime() - begin;
        await(what).until(() -> events.has(joined, left));
        for (int node : nodes.serving()) {
            await(what + ": list of node " + node).until(() -> isListed(nodes, node, from, to, present));
        }
        take();
        webhooks.assertExactly(joined, left);
        events.assertExactly(joined, left);
        times.add(what + ": " + joins + " joined, " + leaves + " left, by webhooks after "
                + TimeUnit.NANOSECONDS.toMillis(webhooksNanos) + " ms, by all after "
                + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin) + " ms");
    }

    private void take() {
        List<Receiver.Request> requests = receiver.requests();
        for (; taken < requests.size(); taken++) {
            requests.get(taken).events().forEach(webhooks::webhook);
        }
    }

    private static boolean isListed(NodeProcesses nodes, int node, int from, int to, IntPredicate present)
            throws IOException {
        Set<String> all = new TreeSet<>();
        Set<String> inRoom = new TreeSet<>();
        int room = 7;
        IntStream.range(from, to).filter(present).forEach(user -> {
            all.add("u" + user);
            if (user % ROOMS == room) {
                inRoom.add("u" + user);
            }
        });
        return list(nodes, node, EVERYONE).equals(all)
                && list(nodes, node, "topic:room/" + room).equals(inRoom);
    }

    private static Set<String> list(NodeProcesses nodes, int node, String scope) throws IOException {
        URI address = nodes.addresses().get(node).resolve("/presence?limit=10000&scope=" + scope);
        HttpResponse<String> answer = TestCluster.send(HttpRequest.newBuilder(address)
                .header("Authorization", "Bearer " + TestCluster.token(List.of(), List.of("*"), builder -> builder))
                .build());
        JsonNode json = new JsonMapper().readTree(answer.body());
        Set<String> users = new TreeSet<>();
        json.path("users").forEach(user -> users.add(user.path("user").asText()));
        return users;
    }
}
