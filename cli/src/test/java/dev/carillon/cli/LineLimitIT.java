package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.cli.logging.LineLimit;
import dev.carillon.node.TestCluster;
import dev.carillon.testkit.RawHttp2;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A client may have a library log an error for each of its connections. */
@Tag("process")
@Tag("full")
class LineLimitIT {
    private static final int CONNECTIONS = 40;

    @Test
    void heads_of_http2_that_undertow_cannot_read_do_not_fill_the_log_of_a_node() {
        try (CommandProcess node = CommandProcess.start(
                Map.of("CARILLON_JWT_KEY", TestCluster.KEY, "CARILLON_H2C", "true"),
                "serve",
                "--port",
                "0",
                "--admin-port",
                "0",
                "--internal-port",
                "0")) {
            int port = Integer.parseInt(
                    node.awaitLine("serves http://127.0.0.1:(\\d+)").group(1));
            long begin = System.nanoTime();
            for (int i = 0; i < CONNECTIONS; i++) {
                try (RawHttp2 client = RawHttp2.reading(port)) {
                    client.send(RawHttp2.head(1, true, "GET", "/", "content-length", "x"));
                    await().until(client::isClosed);
                }
            }
            node.terminate();
            node.status();

            assertThat(node.err())
                    .filteredOn(line -> line.contains("UT005090"))
                    // On a busy machine it may take some periods.
                    .hasSizeBetween(
                            1, LineLimit.LINES * (1 + (int) ((System.nanoTime() - begin) / LineLimit.PERIOD.toNanos())))
                    .allMatch(line -> line.contains("NumberFormatException"));
            assertThat(node.err()).noneMatch(line -> line.startsWith("\tat "));
        }
    }
}
