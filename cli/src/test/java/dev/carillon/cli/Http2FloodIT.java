package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.node.TestCluster;
import dev.carillon.testkit.RawHttp2;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clients of HTTP/2 that ask and never read, before a node and a proxy with little memory. */
@Tag("process")
class Http2FloodIT {
    private static final int ATTACKERS = 4;
    /** Of requests, from each of them: some 60 KiB to send, and 160 MiB of buffers if each were kept for its answer. */
    private static final int REQUESTS = 5_000;

    private static final Map<String, String> NODE =
            Map.of("CARILLON_JWT_KEY", TestCluster.KEY, "CARILLON_ANONYMOUS", "true", "CARILLON_H2C", "true");

    @Test
    void node_serves_others_while_clients_of_http_2_ask_without_an_end_and_never_read() {
        try (CommandProcess node = serve("-Xmx128m")) {
            assertServesDuringFlood(node, port(node));
        }
    }

    @Test
    void proxy_serves_others_while_clients_of_http_2_ask_without_an_end_and_never_read() {
        try (CommandProcess node = serve("-Xmx128m");
                CommandProcess proxy = CommandProcess.start(
                        Map.of("JAVA_TOOL_OPTIONS", "-Xmx128m"),
                        "proxy",
                        "--port",
                        "0",
                        "--node",
                        "http://127.0.0.1:" + port(node))) {
            assertServesDuringFlood(proxy, port(proxy));
        }
    }

    private static void assertServesDuringFlood(CommandProcess server, int port) {
        List<RawHttp2> attackers = new ArrayList<>();
        AtomicLong sent = new AtomicLong();
        try {
            for (int i = 0; i < ATTACKERS; i++) {
                RawHttp2 attacker = RawHttp2.deaf(port);
                attackers.add(attacker);
                Thread.ofVirtual().start(() -> flood(attacker, sent));
            }
            long[] before = {-1};
            // Until nothing more is taken of them.
            await().until(() -> {
                assertThat(TestCluster.get(port, "/_health").statusCode()).isEqualTo(200);
                return before[0] == (before[0] = sent.get()) && before[0] > 0;
            });
        } finally {
            attackers.forEach(RawHttp2::close);
        }
        for (int i = 0; i < 20; i++) {
            assertThat(TestCluster.get(port, "/_health").statusCode()).isEqualTo(200);
        }
        assertThat(server.err()).noneMatch(line -> line.contains("OutOfMemory"));
    }

    private static void flood(RawHttp2 attacker, AtomicLong sent) {
        try {
            for (int i = 0; i < REQUESTS; i++) {
                attacker.send(RawHttp2.head(1 + 2 * i, false, "POST", "/nope"));
                sent.incrementAndGet();
            }
        } catch (UncheckedIOException e) {
            // Closed by the server, or at the end of the test.
        }
    }

    private static CommandProcess serve(String memory) {
        Map<String, String> variables = new HashMap<>(NODE);
        variables.put("JAVA_TOOL_OPTIONS", memory);
        return CommandProcess.start(variables, "serve", "--port", "0", "--admin-port", "0", "--internal-port", "0");
    }

    private static int port(CommandProcess process) {
        return Integer.parseInt(
                process.awaitLine("serves http://127.0.0.1:(\\d+)").group(1));
    }
}
