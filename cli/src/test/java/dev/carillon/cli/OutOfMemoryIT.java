package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.edge.OutOfMemory;
import dev.carillon.node.TestCluster;
import dev.carillon.testkit.RawHttp2;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A process whose memory runs out ends, so that a supervisor starts it again. */
@Tag("process")
class OutOfMemoryIT {
    private static final Map<String, String> NODE =
            Map.of("CARILLON_JWT_KEY", TestCluster.KEY, "CARILLON_ANONYMOUS", "true", "CARILLON_H2C", "true");
    /** Of buffers of 16 KiB, 128. */
    private static final String DIRECT = "-Xmx256m -XX:MaxDirectMemorySize=2m";

    private static final int CONNECTIONS = 8;
    private static final int STREAMS = 250;

    @Test
    void node_whose_direct_memory_runs_out_ends_with_one_line() {
        assertEndsWithoutDirectMemory(
                "-Xmx256m -XX:MaxDirectMemorySize=6m",
                "serve",
                "--port",
                "0",
                "--admin-port",
                "0",
                "--internal-port",
                "0",
                "--memory-budget",
                "80%");
    }

    @Test
    @Tag("full")
    void proxy_whose_direct_memory_runs_out_ends_with_one_line() {
        // Without a node: it answers itself.
        assertEndsWithoutDirectMemory(DIRECT, "proxy", "--port", "0", "--node", "http://127.0.0.1:1");
    }

    /** Each answer waits in a buffer for the window of its stream, which the client keeps closed. */
    private static void assertEndsWithoutDirectMemory(String memory, String... command) {
        try (CommandProcess process = start(memory, command)) {
            int port = port(process);
            List<RawHttp2> clients = new ArrayList<>();
            try {
                for (int c = 0; c < CONNECTIONS && process.handle().isAlive(); c++) {
                    clients.add(RawHttp2.reading(port, 0));
                    for (int i = 0; i < STREAMS; i++) {
                        clients.getLast().send(RawHttp2.head(1 + 2 * i, true, "GET", "/nope"));
                    }
                }
            } catch (UncheckedIOException e) {
                // It has ended.
            }
            assertThat(process.status()).isEqualTo(OutOfMemory.STATUS);
            assertThat(process.err())
                    .filteredOn(line -> line.contains("out of memory"))
                    .hasSize(1)
                    .allMatch(line -> line.contains("direct buffer memory") && line.contains("status=\"3\""));
            clients.forEach(RawHttp2::close);
        }
    }

    @Tag("full")
    @Test
    void node_whose_heap_runs_out_ends_with_the_same_status() throws IOException {
        assertThat(Files.readString(Path.of("..", "build", "jvm.sh")))
                .contains("server_flags=\"$common_flags -XX:+ExitOnOutOfMemoryError\"");
        try (CommandProcess node = start(
                "-Xmx64m -XX:+ExitOnOutOfMemoryError",
                "serve",
                "--port",
                "0",
                "--admin-port",
                "0",
                "--internal-port",
                "0",
                "--memory-budget",
                "80%")) {
            int port = port(node);
            List<Socket> clients = new ArrayList<>();
            await().until(() -> {
                for (int i = 0; i < 20 && node.handle().isAlive(); i++) {
                    open(port, clients);
                }
                return !node.handle().isAlive();
            });
            assertThat(node.status()).isEqualTo(OutOfMemory.STATUS);
            for (Socket client : clients) {
                client.close();
            }
        }
    }

    private static void open(int port, List<Socket> clients) {
        StringBuilder topics = new StringBuilder("GET /events?topic=first");
        for (int t = 0; t < 994; t++) {
            topics.append("&topic=").append(Integer.toString(clients.size() * 1_000 + t, 36));
        }
        try {
            // Each address may have half of the budget.
            String from = clients.size() % 2 == 0 ? "127.0.0.1" : "127.0.0.2";
            Socket client = new Socket(InetAddress.getLoopbackAddress(), port, InetAddress.ofLiteral(from), 0);
            clients.add(client);
            client.getOutputStream()
                    .write(topics.append(" HTTP/1.1\r\nHost: a\r\n\r\n")
                            .toString()
                            .getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            // It ends.
        }
    }

    private static CommandProcess start(String memory, String... command) {
        Map<String, String> variables = new HashMap<>(command[0].equals("serve") ? NODE : Map.of());
        variables.put("JAVA_TOOL_OPTIONS", memory);
        return CommandProcess.start(variables, command);
    }

    private static int port(CommandProcess process) {
        return Integer.parseInt(
                process.awaitLine("serves http://127.0.0.1:(\\d+)").group(1));
    }
}
