package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The fault runs in their quick form, on real processes and a real broker. */
@Tag("process")
@Tag("redis")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class FaultsIT {
    /** Each run starts a cluster of processes, which takes a minute on a busy machine. */
    private static final Duration LONGEST = Duration.ofMinutes(8);

    @Test
    void no_event_is_lost_duplicated_or_reordered_when_a_node_is_killed(@TempDir Path dir) throws Exception {
        movesClients(isClean(dir, List.of("node-kill"), "--fault", "node-kill"));
    }

    @Tag("full")
    @Test
    void no_event_is_lost_duplicated_or_reordered_when_a_node_is_killed_or_loses_its_link(@TempDir Path dir)
            throws Exception {
        movesClients(isClean(dir, List.of("node-kill", "link-cut")));
    }

    @Tag("full")
    @Test
    void no_event_is_lost_without_a_gap_when_a_primary_with_sentinels_is_killed_or_cut_off(@TempDir Path dir)
            throws Exception {
        JsonNode runs = isClean(dir, List.of("primary-kill", "primary-cut"), "--broker", "redis-sentinel");

        for (JsonNode one : runs) {
            // The clients received that a fail-over may have lost events.
            assertThat(one.path("gaps").intValue()).isPositive();
        }
    }

    @Tag("full")
    @Test
    void no_event_is_lost_and_no_stream_ends_while_redis_has_no_memory(@TempDir Path dir) throws Exception {
        JsonNode runs = isClean(dir, List.of("broker-full"), "--fault", "broker-full");

        assertThat(runs.path(0).path("outage").path("streams").intValue()).isPositive();
        assertThat(runs.path(0).path("outage").path("ended").intValue()).isZero();
        // Broadcasts were given up, or refused until there was memory again.
        assertThat(runs.path(0).path("failedRequests").intValue()
                        + runs.path(0).path("refusedRequests").intValue())
                .isPositive();
    }

    /** A third of the streams were at the node that was killed, on top of those that end in any run. */
    private static void movesClients(JsonNode runs) {
        assertThat(runs.path(0).path("reconnects").intValue()).isGreaterThanOrEqualTo(60 / 4);
    }

    private static JsonNode isClean(Path dir, List<String> faults, String... more) throws Exception {
        Path out = dir.resolve("faults.json");
        List<String> arguments = new ArrayList<>(List.of("faults", "--quick", "--json", out.toString()));
        arguments.addAll(List.of(more));

        List<String> table = run(arguments.toArray(String[]::new)).out();

        JsonNode runs = JsonMapper.builder().build().readTree(out.toFile());
        assertThat(runs.findValuesAsText("fault")).isEqualTo(faults);
        for (JsonNode one : runs) {
            assertThat(one.path("clean").booleanValue())
                    .as(one.toPrettyString())
                    .isTrue();
            assertThat(one.path("lost").intValue()).isZero();
            // The fault, and those who come and go by themselves, were real.
            assertThat(one.path("reconnects").intValue()).isPositive();
            assertThat(one.path("acknowledged").intValue()).isGreaterThan(100);
            assertThat(one.path("delivered").intValue()).isGreaterThan(1_000);
        }
        assertThat(table).hasSize(faults.size() + 1);
        return runs;
    }

    @Tag("full")
    @Test
    void
            clients_over_websocket_and_from_a_position_receive_every_event_once_and_in_order_after_their_connections_were_cut(
                    @TempDir Path dir) throws Exception {
        Path out = dir.resolve("faults.json");

        run("faults", "--quick", "--api", "ws", "--fault", "client-cut", "--json", out.toString());

        JsonNode one = JsonMapper.builder().build().readTree(out.toFile()).path(0);
        assertThat(one.path("api").textValue()).isEqualTo("ws");
        assertThat(one.path("clean").booleanValue()).as(one.toPrettyString()).isTrue();
        assertThat(one.path("gaps").intValue()).isZero();
        // A third of the clients lost their connections.
        assertThat(one.path("reconnects").intValue()).isGreaterThanOrEqualTo(60 / 3);
        assertThat(one.path("acknowledged").intValue()).isGreaterThan(100);
        assertThat(one.path("delivered").intValue()).isGreaterThan(1_000);
    }

    @Tag("full")
    @Test
    void hub_subscribers_receive_every_granted_event_once_and_in_order_while_random_nodes_are_killed(@TempDir Path dir)
            throws Exception {
        Path out = dir.resolve("faults.json");

        CommandProcess run = run(
                "faults",
                "--quick",
                "--api",
                "mercure",
                "--fault",
                "node-kills",
                "--kills",
                "2",
                "--json",
                out.toString());

        JsonNode one = JsonMapper.builder().build().readTree(out.toFile()).path(0);
        assertThat(one.path("api").textValue()).isEqualTo("mercure");
        assertThat(one.path("clean").booleanValue()).as(one.toPrettyString()).isTrue();
        assertThat(one.path("unauthorized").intValue()).isZero();
        assertThat(one.path("gaps").intValue()).isZero();
        // Each kill ended the streams of a third, on top of those that end in any run.
        assertThat(one.path("reconnects").intValue()).isGreaterThanOrEqualTo(60 / 4);
        assertThat(one.path("acknowledged").intValue()).isGreaterThan(100);
        assertThat(one.path("delivered").intValue()).isGreaterThan(1_000);
        assertThat(run.err()).anyMatch(line -> line.contains("kill 2 of 2: node "));
    }

    @Tag("full")
    @Tag("nats")
    @Test
    void a_run_that_cannot_begin_is_reported_and_an_interrupted_one_leaves_its_results_and_no_process(@TempDir Path dir)
            throws Exception {
        Path out = dir.resolve("faults.json");
        Map<String, String> noRedis = Map.of("REDIS_SERVER", "/bin/false");
        try (CommandProcess faults = CommandProcess.start(
                noRedis, "faults", "--connections", "60", "--fault", "node-pause", "--json", out.toString())) {
            faults.awaitErrLine("carillon: redis, node-pause: not measured: /bin/false ended: .*");
            faults.awaitErrLine(".*nats, node-pause: a node is paused.*");
            List<ProcessHandle> all = faults.descendants();
            assertThat(all).hasSizeGreaterThanOrEqualTo(5);

            faults.terminate();

            assertThat(faults.status()).isNotZero();
            await().until(() -> all.stream().noneMatch(ProcessHandle::isAlive));
            JsonNode runs = JsonMapper.builder().build().readTree(out.toFile());
            assertThat(runs.findValuesAsText("broker")).containsExactly("redis");
            assertThat(runs.path(0).path("notMeasured").textValue()).startsWith("/bin/false ended");
        }
    }

    @Test
    void runs_that_cannot_begin_do_not_prevent_others_and_the_status_is_1() {
        Map<String, String> neither = Map.of("REDIS_SERVER", "/bin/false", "NATS_SERVER", "/bin/false");
        try (CommandProcess faults =
                CommandProcess.start(neither, "faults", "--broker", "all", "--fault", "link-cut,node-kill")) {
            assertThat(faults.status()).isEqualTo(1);
            assertThat(faults.err()).hasSize(4).allMatch(line -> line.contains(": not measured: /bin/false ended"));
            assertThat(faults.out()).hasSize(5);
            assertThat(faults.out().subList(1, 5)).allMatch(line -> line.contains("  not measured: /bin/false ended"));
        }
    }

    @Test
    void a_file_that_cannot_be_written_is_reported_before_any_process_starts() {
        CommandProcess faults = CommandProcess.start(Map.of(), "faults", "--quick", "--json", "/no/such/folder/x");

        assertThat(faults.status()).isEqualTo(2);
        assertThat(faults.err())
                .singleElement()
                .asString()
                .startsWith("carillon: json: /no/such/folder/x: cannot be written");
    }

    /** It must end with status 0. */
    private static CommandProcess run(String... args) {
        try (CommandProcess faults = CommandProcess.start(Map.of(), args)) {
            assertThat(faults.status(LONGEST)).as(faults.err().toString()).isZero();
            return faults;
        }
    }
}
