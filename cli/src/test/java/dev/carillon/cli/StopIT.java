package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.node.TestCluster;
import dev.carillon.testkit.SseClient;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What signals do to a node that is a process of its own. */
@Tag("process")
class StopIT {
    @Test
    void the_first_sigterm_drains_and_the_second_ends_it_at_once() {
        try (CommandProcess serve = serve("--drain-notice", "10m", "--drain-timeout", "20m")) {
            int port = port(serve);
            SseClient client = SseClient.open(port, "/events").opened();

            serve.terminate();
            awaitDraining(port);
            SseClient late = SseClient.open(port, "/events").opened();
            assertThat(client.hasEnded()).isFalse();
            serve.terminate();

            assertThat(serve.status()).isZero();
            assertThat(serve.out()).last().isEqualTo("carillon: node alone stopped");
            Awaitility.await().until(() -> client.hasEnded() && late.hasEnded());
            assertThat(client.lastRetry()).isNotNull();
        }
    }

    @Test
    void a_drain_ends_by_itself_with_status_0() {
        try (CommandProcess serve = serve("--drain-notice", "100ms", "--drain-timeout", "1s")) {
            SseClient client = SseClient.open(port(serve), "/events").opened();

            serve.terminate();

            assertThat(serve.status()).isZero();
            Awaitility.await().until(client::hasEnded);
            assertThat(client.lastRetry()).isNotNull();
        }
    }

    @Test
    void the_end_of_its_input_cuts_a_drain_short() {
        try (CommandProcess serve = serve("--stop-with-stdin", "--drain-notice", "10m", "--drain-timeout", "20m")) {
            int port = port(serve);
            serve.terminate();
            awaitDraining(port);

            serve.closeInput();

            assertThat(serve.status()).isZero();
        }
    }

    private static CommandProcess serve(String... more) {
        String[] fixed = {
            "serve", "--port", "0", "--admin-port", "0", "--internal-port", "0", "--node-id", "alone", "--anonymous"
        };
        return CommandProcess.start(
                Map.of("CARILLON_JWT_KEY", TestCluster.KEY),
                Stream.of(fixed, more).flatMap(Arrays::stream).toArray(String[]::new));
    }

    private static int port(CommandProcess serve) {
        return Integer.parseInt(
                serve.awaitLine("serves http://127.0.0.1:(\\d+)").group(1));
    }

    private static void awaitDraining(int port) {
        Awaitility.await().until(() -> TestCluster.get(port, "/_health").body().contains("\"status\":\"draining\""));
    }
}
