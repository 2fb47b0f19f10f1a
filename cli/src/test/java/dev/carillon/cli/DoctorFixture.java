package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.node.Node;
import dev.carillon.node.TestCluster;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;

/** Nodes, runs of {@code doctor}, and what they print. */
abstract class DoctorFixture {
    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : opened.reversed()) {
            each.close();
        }
    }

    Node node(String name, Map<String, String> settings) {
        return own(Node.builder(TestCluster.config("n-" + name, "memory://doctor-" + name, settings))
                .start());
    }

    /** @param token empty: none */
    static CommandRun doctor(String url, String token, String... more) {
        List<String> arguments = new ArrayList<>(List.of("doctor", "--url", url));
        if (!List.of(more).contains("--idle")) {
            arguments.addAll(List.of("--idle", "0"));
        }
        if (!List.of(more).contains("--timeout")) {
            arguments.addAll(List.of("--timeout", "30"));
        }
        arguments.addAll(List.of(more));
        CommandRun run = CommandRun.of(
                token.isEmpty() ? Map.of() : Map.of("CARILLON_TOKEN", token), "", arguments.toArray(String[]::new));
        assertThat(run.err()).isEmpty();
        return run;
    }

    /**
     * The failed checks. Undertow's header {@code Date} may stand still in a process in which a node was closed, as its timer was a thread of that node; so the clock
     * does not count here.
     */
    static List<String> failed(CommandRun run) {
        return run.out()
                .lines()
                .filter(line -> line.startsWith("fail ") && !line.startsWith("fail  clock "))
                .toList();
    }

    /** Status and text of the finding with this name, of which there is one. */
    static String line(CommandRun run, String check) {
        List<String> lines = run.out()
                .lines()
                .filter(line -> line.split(" +", 3)[1].equals(check))
                .map(line -> line.replaceFirst("^(\\S+) +\\S+ +", "$1 "))
                .toList();
        assertThat(lines).as(check + " in\n" + run.out()).hasSize(1);
        return lines.getFirst();
    }

    <T extends AutoCloseable> T own(T closeable) {
        opened.add(closeable);
        return closeable;
    }
}
