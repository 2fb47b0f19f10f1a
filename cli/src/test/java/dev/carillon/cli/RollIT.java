package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.containers.Servers;
import dev.carillon.lab.fleet.Fleet;
import dev.carillon.node.TestCluster;
import dev.carillon.process.ServerProcess;
import dev.carillon.process.TestServer;
import dev.carillon.proxy.ProxyConfig;
import dev.carillon.proxy.StickyProxy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A cluster of three nodes is restarted, node by node, by {@code roll}, while clients listen and broadcast through the proxy. */
@Tag("process")
@Tag("redis")
class RollIT {
    private static final boolean FULL = Boolean.getBoolean("carillon.full");
    private static final int CLIENTS = FULL ? 2_000 : 150;
    private static final int NODES = 3;

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<CommandProcess> processes = new ArrayList<>();
    private final List<URI> nodes = new ArrayList<>();
    private final List<String> adminPorts = new ArrayList<>();
    private final AtomicReference<@Nullable Object> failed = new AtomicReference<>();

    @AfterEach
    void stop() {
        // A supervised node ends with its input, and its supervisor with this process's end of it.
        processes.forEach(CommandProcess::close);
    }

    @Test
    void clients_of_a_cluster_that_is_restarted_miss_nothing_and_no_request_fails() throws Exception {
        try (TestServer redis = Servers.redis()) {
            start("redis://127.0.0.1:" + redis.port());
            HallObserver hall = new HallObserver(CLIENTS);
            ProxyConfig config = ProxyConfig.of(nodes)
                    .withListen(new ProxyConfig.Listen("127.0.0.1", 0))
                    .withHealth(new ProxyConfig.Health("/_health", Duration.ofMillis(200), Duration.ofSeconds(2), 3));
            try (StickyProxy proxy = StickyProxy.start(config);
                    Fleet fleet = Fleet.start(
                            new Fleet.Plan(
                                    CLIENTS,
                                    List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), proxy.port())),
                                    "/events?route=/hall",
                                    500),
                            hall);
                    ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor()) {
                await(() -> fleet.open() == CLIENTS);
                AtomicInteger numbers = new AtomicInteger();
                var _ = clock.scheduleAtFixedRate(
                        () -> broadcast(proxy.port(), numbers.incrementAndGet()), 0, 50, TimeUnit.MILLISECONDS);
                await(() -> hall.minLastNumber() >= 10);

                hall.begin(System.nanoTime());
                CommandRun roll = roll();
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
                await(() -> fleet.open() == CLIENTS);
                int last = numbers.get();
                await(() -> hall.minLastNumber() > last);
                clock.shutdownNow();

                System.out.println(hall.summary());
                assertThat(failed.get()).isNull();
                assertThat(hall.refusedForGood()).isZero();
                assertThat(hall.outOfOrder()).isZero();
                assertThat(hall.missed()).isZero();
                assertThat(hall.moved()).isEqualTo(CLIENTS);
            }
        }
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

    @Test
    void roll_stops_at_a_node_that_nothing_starts_again() {
        try (TestServer redis = Servers.redis()) {
            String broker = "redis://127.0.0.1:" + redis.port();
            launch(1, broker, false);
            launch(2, broker, true);
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
            launch(i, broker, true);
        }
        awaitReady();
    }

    private void launch(int number, String broker, boolean supervised) {
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

    private void broadcast(int port, int number) {
        try {
            HttpResponse<String> response = http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/broadcast"))
                            .header("Authorization", "Bearer " + TestCluster.token())
                            .header("Content-Type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofString(
                                    "{\"scope\":\"route:/hall\",\"type\":\"tick\",\"data\":\"" + number + "\"}"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() != 200) {
                failed.compareAndSet(null, response.statusCode() + " " + response.body());
            }
        } catch (IOException e) {
            failed.compareAndSet(null, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void await(Callable<Boolean> condition) {
        Awaitility.await().pollInterval(Duration.ofMillis(20)).until(condition);
    }
}
