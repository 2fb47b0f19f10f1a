package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The fault runs in their quick form, on real processes and a real broker. */
class FaultsIT {
    @Test
    void nothing_is_lost_double_or_out_of_order_when_a_node_is_killed_or_loses_its_link(@TempDir Path dir)
            throws Exception {
        Path out = dir.resolve("faults.json");

        CommandRun run = CommandRun.of("faults", "--quick", "--out", out.toString());

        assertThat(run.status()).as(run.err()).isZero();
        JsonNode runs = JsonMapper.builder().build().readTree(out.toFile());
        assertThat(runs.findValuesAsText("fault")).containsExactly("node-kill", "link-cut");
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
        // A third of the streams were at the node that was killed, on top of those that end in any run.
        assertThat(runs.path(0).path("reconnects").intValue()).isGreaterThanOrEqualTo(60 / 4);
        assertThat(run.out().lines()).hasSize(3);
    }

    @Test
    void through_kills_of_random_nodes_subscribers_of_the_hub_have_everything_once_in_order_and_nothing_without_right(
            @TempDir Path dir) throws Exception {
        Path out = dir.resolve("faults.json");

        CommandRun run = CommandRun.of(
                "faults",
                "--quick",
                "--face",
                "mercure",
                "--fault",
                "node-kills",
                "--kills",
                "2",
                "--out",
                out.toString());

        assertThat(run.status()).as(run.err()).isZero();
        JsonNode one = JsonMapper.builder().build().readTree(out.toFile()).path(0);
        assertThat(one.path("face").textValue()).isEqualTo("mercure");
        assertThat(one.path("clean").booleanValue()).as(one.toPrettyString()).isTrue();
        assertThat(one.path("withoutRight").intValue()).isZero();
        assertThat(one.path("gaps").intValue()).isZero();
        // Each kill ended the streams of a third, on top of those that end in any run.
        assertThat(one.path("reconnects").intValue()).isGreaterThanOrEqualTo(60 / 4);
        assertThat(one.path("acknowledged").intValue()).isGreaterThan(100);
        assertThat(one.path("delivered").intValue()).isGreaterThan(1_000);
        assertThat(run.err()).contains("kill 2 of 2: node ");
    }

    @Test
    void a_run_that_is_interrupted_leaves_no_process() {
        try (CommandProcess faults = CommandProcess.start(Map.of(), "faults", "--quick", "--fault", "node-pause")) {
            faults.awaitErrLine(".*a node stands still.*");
            List<ProcessHandle> all = faults.descendants();
            assertThat(all).hasSizeGreaterThanOrEqualTo(5);

            faults.terminate();

            int _ = faults.status();
            await().atMost(Duration.ofSeconds(10)).until(() -> all.stream().noneMatch(ProcessHandle::isAlive));
        }
    }
}
