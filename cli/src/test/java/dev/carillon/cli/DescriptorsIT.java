package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.containers.Servers;
import dev.carillon.node.TestCluster;
import dev.carillon.process.TestServer;
import dev.carillon.testkit.SseClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A node with few file descriptors: full, it refuses with an answer and keeps its broker, and it serves again later. */
@Tag("process")
@Tag("redis")
class DescriptorsIT {
    private static final int DESCRIPTORS = 220;
    private static final int READ = 3;

    @Test
    void node_with_few_descriptors_refuses_while_it_is_full_and_serves_again() {
        try (TestServer redis = Servers.redis();
                CommandProcess serve = serve(redis.address())) {
            int port = port(serve, "serves http://127.0.0.1:(\\d+)");
            int admin = port(serve, "admin http://127.0.0.1:(\\d+)");
            List<SseClient> clients = fill(port);

            // Each I/O thread takes two descriptors for itself with its first stream, which the maximum does not know
            // of; and a
            // class may be read just when those that are left are counted.
            int max = (int) metric(admin, "carillon_requests_max");
            assertThat(clients).hasSizeBetween(max - 2 * Runtime.getRuntime().availableProcessors() - READ, max);
            // More than the reserve: those that were refused leave nothing.
            for (int i = 0; i < DESCRIPTORS / 2; i++) {
                assertRefused(port);
            }
            assertThat(TestCluster.get(port, "/history?topic=a").statusCode()).isEqualTo(503);
            assertThat(TestCluster.get(port, "/_health").body()).contains("\"status\":\"ok\"");
            assertThat(TestCluster.get(admin, "/health/ready").statusCode()).isEqualTo(200);
            assertThat(clients).noneMatch(SseClient::hasEnded);

            clients.forEach(SseClient::close);
            await().until(() -> metric(admin, "carillon_requests_open") == 0);
            SseClient.open(port, "/events").opened().close();
            assertThat(serve.err()).noneMatch(line -> line.contains("XNIO0"));
        }
    }

    @Test
    @Tag("full")
    void clients_that_say_nothing_leave_the_last_descriptors_to_the_node() throws IOException {
        List<Socket> silent = new ArrayList<>();
        try (TestServer redis = Servers.redis();
                CommandProcess serve = serve(redis.address())) {
            int port = port(serve, "serves http://127.0.0.1:(\\d+)");
            int admin = port(serve, "admin http://127.0.0.1:(\\d+)");
            // The system takes them into its queue, whatever the node does.
            for (int i = 0; i < 2 * DESCRIPTORS; i++) {
                silent.add(new Socket(InetAddress.getLoopbackAddress(), port));
            }
            await().until(() -> metric(admin, "process_files_open_files") > DESCRIPTORS * 3 / 4);

            assertThat(TestCluster.get(admin, "/health/ready").statusCode()).isEqualTo(200);
            assertThat(metric(admin, "process_files_open_files")).isLessThan(DESCRIPTORS - 8);

            for (Socket socket : silent) {
                socket.close();
            }
            await().untilAsserted(() -> SseClient.open(port, "/events").opened().close());
            assertThat(serve.err()).noneMatch(line -> line.contains("XNIO0"));
        }
    }

    private static CommandProcess serve(String broker) {
        return CommandProcess.startLimited(
                DESCRIPTORS,
                Map.of("CARILLON_JWT_KEY", TestCluster.KEY, "CARILLON_SECRET", "a secret of the tests"),
                "serve",
                "--port=0",
                "--admin-port=0",
                "--internal-port=0",
                "--node-id=few",
                "--anonymous",
                "--context-linger=0s",
                "--broker=" + broker);
    }

    private static int port(CommandProcess serve, String pattern) {
        return Integer.parseInt(serve.awaitLine(pattern).group(1));
    }

    /** Clients until the first that is refused. */
    private static List<SseClient> fill(int port) {
        List<SseClient> clients = new ArrayList<>();
        while (clients.size() < DESCRIPTORS) {
            SseClient client = SseClient.open(port, "/events");
            if (!client.accepted()) {
                return clients;
            }
            clients.add(client);
        }
        throw new AssertionError("none was refused");
    }

    private static void assertRefused(int port) {
        try (SseClient client = SseClient.open(port, "/events")) {
            await().pollInterval(java.time.Duration.ofMillis(2)).until(client::hasEnded);
            assertThat(client.status()).isEqualTo("HTTP/1.1 200 OK");
            assertThat(client.lastRetry()).isNotNull();
        }
    }

    private static double metric(int admin, String name) {
        return TestCluster.get(admin, "/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .sum();
    }
}
