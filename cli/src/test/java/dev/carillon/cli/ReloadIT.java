package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.containers.Servers;
import dev.carillon.node.TestCluster;
import dev.carillon.process.ServerProcess;
import dev.carillon.process.TestServer;
import dev.carillon.testkit.SseClient;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The only node of a cluster is replaced by a new process at SIGHUP, while clients listen and broadcast. */
@Tag("process")
@Tag("redis")
class ReloadIT {
    private static final boolean FULL = Boolean.getBoolean("carillon.full");
    private static final int CLIENTS = FULL ? 1_000 : 60;
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
            try (HallTraffic traffic = HallTraffic.start(CLIENTS, port, Duration.ofMillis(FULL ? 50 : 200))) {
                Files.writeString(settings, "node-id=alone\nheartbeat=often\n");
                assertThat(serve.signal("HUP")).isTrue();
                serve.awaitErrLine(".* the new process did not start: this one continues .*status 2.*");
                assertThat(serve.err()).anyMatch(line -> line.contains("heartbeat: often: must be"));
                assertThat(TestCluster.get(port, "/_health").statusCode()).isEqualTo(200);
                Files.writeString(settings, "node-id=alone\n");
                assertThat(traffic.open()).isEqualTo(CLIENTS);

                traffic.observer().begin(System.nanoTime());
                assertThat(serve.signal("HUP")).isTrue();
                serve.awaitErrLine(".* another process has taken over: draining .*");
                ProcessHandle next = serve.successor();
                try {
                    assertThat(serve.status(Duration.ofMinutes(1))).isZero();
                    assertThat(serve.out()).contains("carillon: node alone was replaced by another process");
                    traffic.awaitAll();

                    traffic.assertUndisturbed();
                    assertThat(traffic.observer().moved()).isEqualTo(CLIENTS);
                    assertThat(next.isAlive()).isTrue();
                } finally {
                    next.destroyForcibly();
                    next.onExit().join();
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
}
