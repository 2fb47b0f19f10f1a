package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.node.TestCluster;
import dev.carillon.testkit.SseClient;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("process")
class ProxyCommandIT {
    private static final String SERVES = "carillon: proxy serves http://127\\.0\\.0\\.1:(\\d+) for ";

    @Test
    void serves_nodes_and_ends_with_status_0_at_sigterm_though_streams_are_open() {
        try (TestCluster cluster = new TestCluster("memory:proxy", 2, Map.of());
                CommandProcess proxy = CommandProcess.start(
                        Map.of("CARILLON_PORT", "0"), "proxy", "--node", url(cluster, 0), "--node", url(cluster, 1))) {
            int port = Integer.parseInt(proxy.awaitLine(SERVES + "2 nodes").group(1));
            try (SseClient stream = SseClient.open(port, "/events?route=/a").opened()) {
                assertThat(TestCluster.get(port, "/_health").body()).isEqualTo("{\"status\":\"ok\"}");

                proxy.terminate();
                assertThat(proxy.status()).isZero();
                assertThat(proxy.out()).contains("carillon: proxy stopped");
                assertThat(proxy.err()).noneMatch(line -> line.contains("ERROR") || line.contains("\tat "));
                org.awaitility.Awaitility.await().until(stream::hasEnded);
            }
        }
    }

    @Test
    void its_nodes_may_be_named_by_a_variable_and_it_ends_with_standard_input() {
        try (CommandProcess proxy = CommandProcess.start(
                Map.of("CARILLON_NODE", "http://127.0.0.1:1,http://127.0.0.1:2,http://127.0.0.1:3"),
                "proxy",
                "--port",
                "0",
                "--stop-with-stdin")) {
            int port = Integer.parseInt(proxy.awaitLine(SERVES + "3 nodes").group(1));
            assertThat(TestCluster.get(port, "/_health").statusCode()).isEqualTo(503);

            proxy.closeInput();
            assertThat(proxy.status()).isZero();
        }
    }

    @Test
    void port_in_use_is_reported_in_one_line() {
        try (TestCluster cluster = new TestCluster("memory:proxy-port", 1, Map.of())) {
            String port = String.valueOf(cluster.node(0).port());
            CommandRun run = CommandRun.of("proxy", "--port", port, "--node", url(cluster, 0));

            assertThat(run.status()).isEqualTo(2);
            assertThat(run.err())
                    .isEqualTo("carillon: port: 127.0.0.1:" + port + ": cannot be opened: Address already in use\n");
        }
    }

    private static String url(TestCluster cluster, int index) {
        return "http://127.0.0.1:" + cluster.node(index).port();
    }
}
