package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.process.ChildProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The models of the protocol hold, and each broken rule is found: small bounds here, all bounds in the full tests. */
@Tag("process")
@Tag("spin")
class ModelTest {
    private static final Duration SMALL = Duration.ofMinutes(2);
    private static final Duration FULL = Duration.ofMinutes(90);
    private static final Path FOLDER = Path.of("../model");
    private static final Pattern ROW =
            Pattern.compile("^\\| (property|liveness|mutation|limit) \\|", Pattern.MULTILINE);

    @Test
    void models_hold_in_small_bounds_and_three_mutations_are_found() throws Exception {
        ChildProcess.Ended run = run(SMALL, "--small");

        assertThat(run.status()).as("%s%s", run.out(), run.err()).isZero();
        assertThat(run.out()).contains("| property | delivery |", "| property | ownership |", "| property | lease |");
        assertThat(run.out()).contains("| mutation | delivery |", "| mutation | ownership |", "| mutation | lease |");
    }

    @Test
    @Tag("full")
    void models_hold_in_all_bounds_and_every_mutation_is_found() throws Exception {
        ChildProcess.Ended run = run(FULL, "--full");

        assertThat(run.status()).as("%s%s", run.out(), run.err()).isZero();
        long checks = run(SMALL, "--list").out().lines().count();
        assertThat(ROW.matcher(run.out()).results().count()).isEqualTo(checks);
    }

    @Test
    void trail_of_a_mutation_is_a_story() throws Exception {
        ChildProcess.Ended run = run(SMALL, "--trail", "WALL_CLOCK");

        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out()).contains("node 0: holds the lease", "node 1: holds the lease", "failed assertion");
    }

    @Test
    void bad_option_gets_status_2_and_help_names_every_option() throws Exception {
        for (List<String> bad : List.of(
                List.of("--smal"),
                List.of("--jobs", "0"),
                List.of("--only", "nothing"),
                List.of("--trail", "NOTHING"))) {
            ChildProcess.Ended run = run(SMALL, bad.toArray(String[]::new));

            assertThat(run.status()).as("%s", bad).isEqualTo(2);
            assertThat(run.out()).isEmpty();
            assertThat(run.err()).as("%s", bad).contains(bad.getLast());
        }
        assertThat(run(SMALL, "--help").out()).contains("--small", "--full", "--only", "--jobs", "--trail", "--list");
    }

    private static ChildProcess.Ended run(Duration limit, String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("/bin/sh", "run"));
        command.addAll(List.of(options));
        return ChildProcess.of(command).directory(FOLDER).run(limit);
    }
}
