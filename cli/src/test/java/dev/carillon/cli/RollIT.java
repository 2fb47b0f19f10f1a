package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.containers.Servers;
import dev.carillon.node.TestCluster;
import dev.carillon.process.ServerProcess;
import dev.carillon.process.TestServer;
import dev.carillon.proxy.ProxyConfig;
import dev.carillon.proxy.StickyProxy;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A cluster of three nodes is restarted, node by node, by {@code roll}, while clients listen and broadcast through the proxy. */
@Tag("process")
@Tag("redis")
class RollIT {
    private static final boolean FULL = Boolean.getBoolean("carillon.full");
    private static final int CLIENTS = FULL ? 2_000 : 60;
    private static final int NODES = 3;
    private static final Duration INTERVAL = Duration.ofMillis(FULL ? 50 : 200);
    /** More than the interval of the proxy's checks. */
    private static final String SETTLE = "500ms";

    private static final JsonMapper JSON = new JsonMapper();

    private final List<CommandProcess> processes = new ArrayList<>();
    private final List<URI> nodes = new ArrayList<>();
    private final List<String> adminPorts = new ArrayList<>();

    @AfterEach
    void stop() {
        // A supervised node ends with its input, and its supervisor with this process's end of it.
        processes.forEach(CommandProcess::close);
    }

    @Test
    @Tag("full")
    void clients_of_a_cluster_that_is_restarted_miss_nothing_and_no_request_fails() throws Exception {
        try (TestServer redis = Servers.redis()) {
            start("redis://127.0.0.1:" + redis.port());
            try (StickyProxy proxy = StickyProxy.start(proxy());
                    HallTraffic traffic = HallTraffic.start(CLIENTS, proxy.port(), INTERVAL)) {
                CommandRun roll = roll("--settle", SETTLE);

                assertThat(roll.err()).isEmpty();
                assertThat(roll.status()).isZero();
                assertThat(roll.out())
                        .containsSubsequence(
                                "roll: node n1: drain",
                                "roll: node n1: ready after",
                                "roll: node n2: drain",
                                "roll: node n2: ready after",
                                "roll: node n3: drain",
                                "roll: node n3: ready after",
                                "roll: 3 nodes restarted in");
                traffic.awaitAll();
                traffic.assertUndisturbed();
                assertThat(traffic.observer().moved()).isEqualTo(CLIENTS);
            }
        }
    }

    @Tag("full")
    @Test
    void each_replacement_of_a_surge_serves_before_its_predecessor_drains() throws Exception {
        try (TestServer redis = Servers.redis()) {
            for (int i = 1; i <= NODES; i++) {
                launch(
                        i,
                        "redis://127.0.0.1:" + redis.port(),
                        Map.of("JDK_JAVA_OPTIONS", "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED"),
                        false);
            }
            awaitReady();
            try (StickyProxy proxy = StickyProxy.start(proxy());
                    HallTraffic traffic = HallTraffic.start(CLIENTS, proxy.port(), INTERVAL);
                    Capacity capacity = new Capacity()) {
                CommandRun roll = roll("--surge");

                assertThat(roll.err()).isEmpty();
                assertThat(roll.status()).isZero();
                traffic.awaitAll();
                traffic.assertUndisturbed();
                // The predecessors have drained; meanwhile, the same ports were those of their replacements.
                for (CommandProcess process : processes) {
                    assertThat(process.status()).isZero();
                    assertThat(process.successor().isAlive()).isTrue();
                }
                assertThat(traffic.observer().moved()).isEqualTo(CLIENTS);
                assertThat(capacity.least()).isEqualTo(NODES);
            } finally {
                processes.stream()
                        .filter(process -> process.err().stream()
                                .anyMatch(line -> line.contains("another process has taken over")))
                        .forEach(process -> process.successor().destroyForcibly());
            }
        }
    }

    @Tag("full")
    @Test
    void nodes_leave_at_their_maximum_age_one_at_a_time() throws Exception {
        try (TestServer redis = Servers.redis()) {
            for (int i = 1; i <= NODES; i++) {
                launch(i, "redis://127.0.0.1:" + redis.port(), Map.of("CARILLON_MAX_AGE", "30s"), true);
            }
            awaitReady();
            List<Long> first = generations();
            try (StickyProxy proxy = StickyProxy.start(proxy());
                    HallTraffic traffic = HallTraffic.start(CLIENTS, proxy.port(), INTERVAL);
                    Capacity capacity = new Capacity()) {
                Awaitility.await().atMost(Duration.ofMinutes(5)).until(() -> {
                    List<Long> now = generations();
                    return IntStream.range(0, NODES).allMatch(i -> now.get(i) > first.get(i));
                });

                traffic.awaitAll();
                traffic.assertUndisturbed();
                assertThat(traffic.observer().moved()).isEqualTo(CLIENTS);
                assertThat(capacity.least()).isEqualTo(NODES - 1);
            }
        }
    }

    /** Counts, all the time, the nodes that serve. */
    private final class Capacity implements AutoCloseable {
        private volatile boolean closed;
        private volatile int least = NODES;
        private final Thread thread = Thread.ofPlatform().start(this::count);

        private void count() {
            while (!closed) {
                int serving = (int) adminPorts.stream()
                        .filter(url -> state(url).path("phase").asText().equals("serving"))
                        .count();
                least = Math.min(least, serving);
            }
        }

        /** The lowest number so far. */
        int least() {
            return least;
        }

        @Override
        public void close() {
            closed = true;
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** 0 for a node that does not answer. */
    private List<Long> generations() {
        return adminPorts.stream()
                .map(url -> state(url).path("generation").asLong())
                .toList();
    }

    /** What a node says about itself; an empty object if it does not answer. On a new connection: an old one may lead to a predecessor. */
    private static JsonNode state(String adminPort) {
        try {
            URLConnection connection =
                    URI.create(adminPort + "/admin/drain").toURL().openConnection();
            connection.setRequestProperty("Connection", "close");
            try (InputStream body = connection.getInputStream()) {
                return JSON.readTree(body);
            }
        } catch (IOException e) {
            return JSON.createObjectNode();
        }
    }

    private ProxyConfig proxy() {
        return ProxyConfig.of(nodes)
                .withListen(new ProxyConfig.Listen("127.0.0.1", 0))
                .withHealth(new ProxyConfig.Health("/_health", Duration.ofMillis(200), Duration.ofSeconds(2), 3));
    }

    @Test
    void roll_touches_no_node_when_one_does_not_answer() {
        start("memory");
        URI nothing = URI.create("http://127.0.0.1:" + ServerProcess.freePort());

        CommandRun roll = CommandRun.of(
                Map.of("CARILLON_OPERATOR_TOKEN", TestCluster.OPERATOR),
                "",
                "roll",
                "--admin-url",
                adminPorts.getFirst(),
                "--admin-url",
                nothing.toString());

        assertThat(roll.status()).isEqualTo(1);
        assertThat(roll.err()).contains(nothing + "/ does not answer: no node was touched");
        assertThat(TestCluster.get(nodes.getFirst().getPort(), "/_health").statusCode())
                .isEqualTo(200);
    }

    @Tag("full")
    @Test
    void roll_stops_at_a_node_that_nothing_starts_again() {
        try (TestServer redis = Servers.redis()) {
            String broker = "redis://127.0.0.1:" + redis.port();
            launch(1, broker, Map.of(), false);
            launch(2, broker, Map.of(), true);
            awaitReady();

            CommandRun roll = roll("--node-timeout", "4s");

            assertThat(roll.status()).isEqualTo(1);
            assertThat(roll.err())
                    .contains("node n1 is not ready after 4 s: it does not answer; its supervisor must start it again")
                    .contains("not touched: n2");
            assertThat(processes.getFirst().status()).isZero();
            assertThat(TestCluster.get(nodes.get(1).getPort(), "/_health").statusCode())
                    .isEqualTo(200);
        }
    }

    private CommandRun roll(String... more) {
        List<String> command = new ArrayList<>(List.of("roll"));
        adminPorts.forEach(url -> command.addAll(List.of("--admin-url", url)));
        command.addAll(List.of(more));
        return CommandRun.of(
                Map.of("CARILLON_OPERATOR_TOKEN", TestCluster.OPERATOR), "", command.toArray(String[]::new));
    }

    private void start(String broker) {
        for (int i = 1; i <= (broker.equals("memory") ? 1 : NODES); i++) {
            launch(i, broker, Map.of(), true);
        }
        awaitReady();
    }

    private void launch(int number, String broker, Map<String, String> more, boolean supervised) {
        int port = ServerProcess.freePort();
        int adminPort = ServerProcess.freePort();
        nodes.add(URI.create("http://127.0.0.1:" + port));
        adminPorts.add("http://127.0.0.1:" + adminPort);
        Map<String, String> variables = new HashMap<>(Map.of(
                "CARILLON_BROKER",
                broker,
                "CARILLON_NODE_ID",
                "n" + number,
                "CARILLON_JWT_KEY",
                TestCluster.KEY,
                "CARILLON_SECRET",
                TestCluster.SECRET,
                "CARILLON_OPERATOR_TOKEN",
                TestCluster.OPERATOR,
                "CARILLON_TRUSTED_PROXIES",
                "127.0.0.1",
                "CARILLON_ANONYMOUS",
                "true",
                "CARILLON_DRAIN_NOTICE",
                "1500ms",
                "CARILLON_DRAIN_TIMEOUT",
                "4s"));
        variables.putAll(more);
        String[] command = {
            "serve",
            "--stop-with-stdin",
            "--port",
            Integer.toString(port),
            "--admin-port",
            Integer.toString(adminPort),
            "--internal-port",
            Integer.toString(ServerProcess.freePort())
        };
        processes.add(
                supervised
                        ? CommandProcess.startSupervised(variables, command)
                        : CommandProcess.start(variables, command));
    }

    private void awaitReady() {
        processes.forEach(process -> process.awaitLine("serves http://"));
    }
}
