package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every number of docs/capacity.md that a command printed is what the command prints. */
class CapacityPageTest {
    private static final Path PAGE = Path.of("../docs/capacity.md");

    /** A command, then what it prints. */
    private static final Pattern RUN = Pattern.compile("(?m)^ {4}\\./carillon (plan .*)\n\n```text\n((?:.*\n)*?)```");

    /** Nodes, connections, scopes, broadcasts, payload, transport, measured and predicted processors, error. */
    private static final Pattern ROW = Pattern.compile(
            "(?m)^\\| (\\d) \\| ([0-9,]+) \\| `(\\S+)` \\| (\\d+) \\| (\\d+) B \\| (SSE|WebSocket) \\| ([0-9.]+) \\| ([0-9.]+) \\| ([+−]?\\d+) %");

    static List<MatchResult> runs() {
        return matches(RUN);
    }

    static List<MatchResult> rows() {
        return matches(ROW);
    }

    @ParameterizedTest
    @MethodSource("runs")
    void a_command_prints_what_the_page_shows(MatchResult run) {
        CommandRun command = CommandRun.of(run.group(1).split(" "));

        assertThat(command.out() + command.err()).as(run.group(1)).isEqualTo(run.group(2));
    }

    @Test
    void three_workloads_are_worked_out() {
        assertThat(runs()).hasSizeGreaterThan(4);
        assertThat(rows()).hasSizeGreaterThan(8);
    }

    @ParameterizedTest
    @MethodSource("rows")
    void a_prediction_is_that_of_the_model(MatchResult row) throws IOException {
        String nodes = row.group(1);
        CommandRun command = CommandRun.of(
                ("plan --json --spare 0 --utilisation 90% --even --transport plain --proxy none --p99 1s --machine 2c/8g/10gbit"
                                + " --nodes " + nodes
                                + " --broker " + (nodes.equals("1") ? "memory" : "redis")
                                + " --connections " + row.group(2).replace(",", "")
                                + " --scopes " + row.group(3)
                                + " --broadcasts " + row.group(4)
                                + "/s --payload " + row.group(5)
                                + "B --websocket " + (row.group(6).equals("SSE") ? "0%" : "100%"))
                        .split(" "));
        JsonNode plan = JsonMapper.builder().build().readTree(command.out());
        double measured = Double.parseDouble(row.group(7));
        double predicted = plan.at("/node/processors").asDouble() * Integer.parseInt(nodes);

        assertThat(predicted).isCloseTo(Double.parseDouble(row.group(8)), within(0.001));
        assertThat((predicted / measured - 1) * 100)
                .isCloseTo(Double.parseDouble(row.group(9).replace('−', '-')), within(1.0));
    }

    private static List<MatchResult> matches(Pattern pattern) {
        try {
            return pattern.matcher(Files.readString(PAGE)).results().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
