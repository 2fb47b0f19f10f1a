package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A short run: what it does works, but it is too short for a verdict. */
@Tag("process")
@Tag("full")
class SoakIT {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @Test
    void nodes_are_under_load_and_their_memory_is_sampled() throws Exception {
        Path csv = folder.resolve("soak.csv");

        Path chart = folder.resolve("soak.svg");

        CommandRun run = CommandRun.of(
                System.getenv(), "", "soak", "--hours", "0.0015", "--csv", csv.toString(), "--chart", chart.toString());

        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        assertThat(run.out())
                .containsPattern(
                        "node churn: .*RSS [1-9].* live heap after each fifth [1-9].*, [1-9].* MiB; .* connects, [1-9].* broadcasts, .* [1-9]\\d* reads, [1-9]\\d* questions, [1-9]\\d* changes of presence, 0 failed")
                .containsPattern("node health: .*[1-9]\\d* health checks, 0 failed");
        assertThat(Files.readString(chart)).startsWith("<svg xmlns=").contains("node churn", "node health");
        assertThat(Files.readAllLines(csv))
                .startsWith("node,seconds,rss_kib")
                .anyMatch(line -> line.matches("churn,\\d+\\.\\d,\\d{5,}"))
                .anyMatch(line -> line.matches("health,\\d+\\.\\d,\\d{5,}"));
    }
}
