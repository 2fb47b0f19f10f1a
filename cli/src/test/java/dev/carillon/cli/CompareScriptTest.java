package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.process.ChildProcess;
import dev.carillon.testkit.Patience;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The comparison script without measurements. Needs python3 on the PATH. */
@Tag("process")
@Tag("python3")
class CompareScriptTest {
    private static final String PYTHON = Objects.requireNonNullElse(System.getenv("PYTHON"), "python3");
    private static final Path FOLDER = Path.of("../lab/compare");

    @Test
    void help_names_every_option() {
        ChildProcess.Ended run = script("--help");

        assertThat(run.status()).isZero();
        assertThat(run.out()).contains("--only", "--rounds", "--seconds", "--connections", "--max-minutes", "Example:");
    }

    @Test
    void a_bad_flag_gets_one_line_and_status_2() {
        for (List<String> bad : List.of(
                List.of("--rounds", "0"),
                List.of("--rounds", "many"),
                List.of("--seconds", "nan"),
                List.of("--connections", "0"),
                List.of("--only", "sse-7-w1"),
                List.of("--systems", "apache"),
                List.of("--baseline", "no-such-checkout"),
                List.of("--round", "3"),
                List.of("more"))) {
            ChildProcess.Ended run = script(bad.toArray(String[]::new));

            assertThat(run.status()).as("%s", bad).isEqualTo(2);
            assertThat(run.out()).isEmpty();
            assertThat(run.err()).as("%s", bad).matches("compare: .*\n").contains(bad.getLast());
        }
    }

    @Test
    void every_target_names_a_case() {
        ChildProcess.Ended run = python("""
                from cases import all_cases
                from report import TARGETS
                names = {case.name for case in all_cases()}
                assert len(names) == len(all_cases())
                print([target for target in TARGETS if target[1] not in names])
                """);

        assertThat(run.err()).isEmpty();
        assertThat(run.out()).isEqualTo("[]\n");
    }

    @Test
    void the_hub_is_measured_on_the_node_that_serves_events() {
        ChildProcess.Ended run = python("""
                from cases import all_cases, served_by
                hub = next(case for case in all_cases() if case.name == "hub-100-w1")
                print([(system, hub.generator_mode(system), served_by(system)) for system in hub.systems])
                """);

        assertThat(run.err()).isEmpty();
        assertThat(run.out()).isEqualTo("[('carillon', 'sse', 'carillon'), ('carillon-hub', 'hub', 'carillon')]\n");
    }

    @Test
    void ratios_are_of_medians_and_a_target_is_met_or_not() {
        ChildProcess.Ended run = python("""
                from cases import CPU, FanOut, MANY
                from report import Report
                report = Report({"date": "today"})
                case = FanOut("sse", 100, 1)
                report.add(case, MANY, "carillon", {CPU: 8})
                for raw, nchan, carillon in ((5, 20, 9), (7, 20, 7)):
                    report.add(case, MANY, "raw", {CPU: raw})
                    report.add(case, MANY, "nchan", {CPU: nchan})
                    report.add(case, MANY, "carillon", {CPU: carillon})
                report.fail(case, 1000, "nchan", "not there")
                print(report.markdown())
                """);

        assertThat(run.err()).isEmpty();
        assertThat(run.out())
                .contains(
                        "| sse-100-w1 | 10,000 | CPU per delivery, us | carillon | 8.00 | 7.00 to 9.00 | 3 | 1.33 |",
                        "| CPU per delivery, SSE, 100 B, W=1 | ≤ 1.25 × raw | 1.33 | **no** |",
                        "| CPU per delivery, SSE, 100 B, W=1 | ≤ 0.70 × nchan | 0.400 | yes |",
                        "| heap per idle connection, SSE, bytes | ≤ 3,000 | not measured | |",
                        "- sse-100-w1, 1,000 connections, nchan: not there");
    }

    private ChildProcess.Ended script(String... arguments) {
        List<String> command = new ArrayList<>(List.of(PYTHON, "run"));
        command.addAll(List.of(arguments));
        return run(command);
    }

    private ChildProcess.Ended python(String code) {
        return run(List.of(PYTHON, "-B", "-X", "utf8", "-c", code));
    }

    private static ChildProcess.Ended run(List<String> command) {
        try {
            return ChildProcess.of(command).directory(FOLDER).run(Patience.LIMIT);
        } catch (IOException e) {
            throw new UncheckedIOException("python3 cannot be run: install it (package python3)", e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
