package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.planner.calibration.Calibration;
import dev.carillon.planner.calibration.Cost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("process")
@Tag("full")
class CalibrateIT {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @Test
    void a_calibration_of_this_machine_is_a_file_for_plan() throws IOException {
        Path file = dir.resolve("calibration.properties");

        CommandRun run = CommandRun.of(
                System.getenv(),
                "",
                "bench",
                "calibrate",
                "--output",
                file.toString(),
                "--connections",
                "500",
                "--warm-up",
                "2",
                "--seconds",
                "2");

        // On a busy machine a run may not be valid: then the status is 1.
        assertThat(run.status()).as(run.err()).isLessThan(2);
        Calibration own = Calibration.parse("own", Files.readString(file));
        assertThat(own.figure(Cost.HEAP_SSE).source()).startsWith("bench calibrate");
        assertThat(CommandRun.of("plan", "--connections", "10k", "--rate", "1/min", "--calibration", file.toString())
                        .out())
                .contains(file.getFileName().toString());
    }
}
