package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A short run on two nodes. */
@Tag("process")
@Tag("full")
class StickyBenchIT {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @Test
    void every_answer_is_right_on_any_node_where_nodes_pass_actions_on_and_about_half_without_that() throws Exception {
        Path file = folder.resolve("sticky.json");

        CommandRun run = CommandRun.of(
                System.getenv(),
                "",
                "bench",
                "sticky",
                "--quick",
                "--nodes",
                "2",
                "--actions",
                "1600",
                "--action",
                "store",
                "--output",
                file.toString());

        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("1,600 actions of 16 tabs", "100.00 %", "exact")
                .doesNotContain("WRONG");
        JsonNode rows =
                JsonMapper.builder().build().readTree(Files.readString(file)).path("rows");
        assertThat(rows).hasSize(4).allSatisfy(row -> {
            assertThat(row.path("exact").asBoolean()).isTrue();
            assertThat(row.path("storeOperations").asDouble()).isPositive();
            assertThat(row.path("p99Micros").asDouble()).isPositive();
        });
        assertThat(row(rows, "STICKY").path("hops").asDouble()).isLessThan(0.1);
        assertThat(row(rows, "RANDOM").path("hops").asDouble()).isBetween(0.3, 0.7);
        assertThat(rightShare(row(rows, "STICKY_WITHOUT_OWNER"))).isEqualTo(1);
        assertThat(rightShare(row(rows, "RANDOM_WITHOUT_OWNER"))).isBetween(0.3, 0.7);
    }

    private static double rightShare(JsonNode row) {
        return row.path("rightAnswers").asDouble() / row.path("actions").asDouble();
    }

    private static JsonNode row(JsonNode rows, String variant) {
        for (JsonNode row : rows) {
            if (row.path("variant").asText().equals(variant)) {
                return row;
            }
        }
        throw new AssertionError(variant + ": " + rows);
    }
}
