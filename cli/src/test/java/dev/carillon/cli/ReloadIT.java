package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.containers.Servers;
import dev.carillon.lab.fleet.Fleet;
import dev.carillon.node.TestCluster;
import dev.carillon.process.ServerProcess;
import dev.carillon.process.TestServer;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The only node of a cluster is replaced by a new process at SIGHUP, while clients listen and broadcast. */
@Tag("process")
@Tag("redis")
class ReloadIT {
    private static final boolean FULL = Boolean.getBoolean("carillon.full");
    private static final int CLIENTS = FULL ? 1_000 : 200;
    private static final Map<String, String> COMMON = Map.of(
            "JDK_JAVA_OPTIONS",
            "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
            "CARILLON_JWT_KEY",
            TestCluster.KEY,
            "CARILLON_SECRET",
            TestCluster.SECRET,
            "CARILLON_OPERATOR_TOKEN",
            TestCluster.OPERATOR,
            "CARILLON_ANONYMOUS",
            "true",
            "CARILLON_DRAIN_TIMEOUT",
            "8s");

    private final HttpClient http = HttpClient.newHttpClient();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @Test
    void clients_of_a_node_that_is_replaced_miss_nothing_and_no_request_fails() throws Exception {
        int port = ServerProcess.freePort();
        int adminPort = ServerProcess.freePort();
        Path settings = folder.resolve("carillon.properties");
        Files.writeString(settings, "node-id=alone\n");
        try (TestServer redis = Servers.redis();
                CommandProcess serve = serve(port, adminPort, settings, "redis://127.0.0.1:" + redis.port())) {
            serve.awaitLine("serves http://");
            HallObserver hall = new HallObserver(CLIENTS);
            Fleet.Plan plan = new Fleet.Plan(
                    CLIENTS,
                    List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)),
                    "/events?route=/hall",
                    500);
            AtomicReference<@Nullable Object> failed = new AtomicReference<>();
            try (Fleet fleet = Fleet.start(plan, hall);
                    ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor()) {
                await(() -> fleet.open() == CLIENTS);
                AtomicInteger numbers = new AtomicInteger();
                var _ = clock.scheduleAtFixedRate(
                        () -> broadcast(port, numbers.incrementAndGet(), failed), 0, 50, TimeUnit.MILLISECONDS);
                await(() -> hall.minLastNumber() >= 10);

                Files.writeString(settings, "node-id=alone\nheartbeat=often\n");
                assertThat(serve.signal("HUP")).isTrue();
                serve.awaitErrLine(".* the new process did not start: this one continues .*status 2.*");
                assertThat(serve.err()).anyMatch(line -> line.contains("heartbeat: often: must be"));
                assertThat(TestCluster.get(port, "/_health").statusCode()).isEqualTo(200);
                Files.writeString(settings, "node-id=alone\n");
                assertThat(fleet.open()).isEqualTo(CLIENTS);

                hall.begin(System.nanoTime());
                assertThat(serve.signal("HUP")).isTrue();
                serve.awaitErrLine(".* another process has taken over: draining .*");
                ProcessHandle next = successor(serve);
                try {
                    assertThat(serve.status(Duration.ofMinutes(1))).isZero();
                    assertThat(serve.out()).contains("carillon: node alone was replaced by another process");
                    await(() -> fleet.open() == CLIENTS);
                    int last = numbers.get();
                    await(() -> hall.minLastNumber() > last);

                    System.out.println(hall.summary());
                    assertThat(failed.get()).isNull();
                    assertThat(hall.refusedForGood()).isZero();
                    assertThat(hall.outOfOrder()).isZero();
                    assertThat(hall.missed()).isZero();
                    assertThat(hall.moved()).isEqualTo(CLIENTS);
                    assertThat(next.isAlive()).isTrue();
                } finally {
                    clock.shutdownNow();
                    end(next);
                }
            }
        }
    }

    @Test
    void node_whose_events_are_in_its_memory_refuses_to_be_replaced() throws Exception {
        int port = ServerProcess.freePort();
        int adminPort = ServerProcess.freePort();
        Path settings = folder.resolve("carillon.properties");
        Files.writeString(settings, "node-id=alone\n");
        try (CommandProcess serve = serve(port, adminPort, settings, "memory")) {
            serve.awaitLine("serves http://");
            SseClient client = SseClient.open(port, "/events").opened();

            assertThat(serve.signal("HUP")).isTrue();

            serve.awaitErrLine(".* this process is not replaced .*in the memory of this process.*");
            HttpResponse<String> refused = http.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + adminPort + "/admin/reload"))
                            .header("Authorization", "Bearer " + TestCluster.OPERATOR)
                            .POST(HttpRequest.BodyPublishers.noBody())
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(refused.statusCode()).isEqualTo(409);
            assertThat(refused.body()).contains("reload-unavailable");
            assertThat(client.hasEnded()).isFalse();
        }
    }

    private static CommandProcess serve(int port, int adminPort, Path settings, String broker) {
        Map<String, String> variables = new HashMap<>(COMMON);
        variables.put("CARILLON_BROKER", broker);
        return CommandProcess.start(
                variables,
                "serve",
                "--stop-with-stdin",
                "--config",
                settings.toString(),
                "--port",
                Integer.toString(port),
                "--admin-port",
                Integer.toString(adminPort),
                "--internal-port",
                Integer.toString(ServerProcess.freePort()));
    }

    /** The process that the log names. */
    private static ProcessHandle successor(CommandProcess serve) {
        return serve.err().stream()
                .filter(line -> line.contains("another process has taken over"))
                .map(line -> line.replaceAll(".* process=\"(\\d+)\".*", "$1"))
                .map(Long::valueOf)
                .findFirst()
                .flatMap(ProcessHandle::of)
                .orElseThrow();
    }

    private static void end(ProcessHandle process) {
        process.destroyForcibly();
        process.onExit().join();
    }

    private void broadcast(int port, int number, AtomicReference<@Nullable Object> failed) {
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
