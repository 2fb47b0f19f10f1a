package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.cli.base.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Sweeps with real processes. */
@Tag("process")
class ScaleIT {
    private static final String BRIEF = "--warm-up 1 --seconds 1 --repeats 1 --idle 0";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @Test
    @Tag("full")
    void a_sweep_continues_a_file_and_measures_the_point_that_is_left() throws IOException {
        Path file = dir.resolve("scale.jsonl");
        Path page = dir.resolve("scale.html");
        Files.writeString(file, earlier(50));

        CommandRun run = scale("--nodes 1 --broker memory --connections 50,20 --resume " + file + " --html " + page);

        // On a busy machine the load generator may be too slow: then the status is 1.
        assertThat(run.status()).as(run.err()).isLessThan(2);
        List<JsonNode> lines = lines(file);
        assertThat(lines)
                .extracting(line -> line.at("/point/connections").asInt())
                .containsExactly(50, 20);
        JsonNode measured = lines.getLast();
        assertThat(measured.at("/status").asText())
                .as(measured.toPrettyString())
                .isEqualTo("MEASURED");
        assertThat(measured.at("/clean").asBoolean()).isTrue();
        assertThat(measured.at("/figures/DELIVERIES/median").asDouble()).isBetween(100.0, 300.0);
        assertThat(measured.at("/figures/PER_DELIVERY/median").asDouble()).isPositive();
        assertThat(run.err()).contains("0 of 1,").doesNotContain("0 of 2,");
        assertThat(Files.readString(page)).contains("connections 20", "connections 50", "</html>");
    }

    @ParameterizedTest
    @Tag("full")
    @ValueSource(
            strings = {
                "--nodes 2 --broker redis --scopes topic@10,route@10,session",
                "--nodes 2 --broker nats --protocol ws --io-threads 1",
                "--nodes 1 --broker memory --transport tls,http2",
                "--nodes 2 --proxy embedded --transport tls,http2",
                "--nodes 2 --proxy embedded --sticky yes,no"
            })
    void every_dimension_is_measured(String options) throws IOException {
        Path file = dir.resolve("scale.jsonl");

        CommandRun run = scale("--connections 40 " + options + " --json " + file);

        assertThat(run.status()).as(run.err()).isLessThan(2);
        assertThat(lines(file)).isNotEmpty().allSatisfy(line -> {
            assertThat(line.at("/status").asText()).as(line.toPrettyString()).isEqualTo("MEASURED");
            assertThat(line.at("/clean").asBoolean()).as(line.toPrettyString()).isTrue();
            assertThat(line.at("/figures/DELIVERIES/median").asDouble()).isPositive();
        });
    }

    @Test
    @Tag("full")
    void a_flooded_node_reads_what_its_interests_spare_it() throws IOException {
        Path file = dir.resolve("scale.jsonl");

        CommandRun run = scale("--preset interest --nodes 3 --payload 4000 --json " + file);

        List<JsonNode> lines = lines(file);
        assertThat(lines)
                .as(run.err())
                .extracting(line -> line.at("/point/placement").asText())
                .containsExactly("FIRST_NODE", "FLOODED");
        double spared =
                lines.getFirst().at("/figures/OTHER_NODE_PER_EVENT/median").asDouble();
        double flooded =
                lines.getLast().at("/figures/OTHER_NODE_PER_EVENT/median").asDouble();
        // Rates of the whole run and of its measured time differ a little.
        assertThat(flooded).isGreaterThan(3_000);
        assertThat(spared).isLessThan(flooded / 5);
    }

    @Test
    @Tag("full")
    void the_limit_of_a_node_is_a_rate_with_a_reason() {
        CommandRun run = CommandRun.of(
                System.getenv(),
                "",
                "bench limit --broker memory --connections 200 --rate 20 --p99 200ms --steps 4 --warm-up 2 --seconds 1"
                        .split(" "));

        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("The 99th percentile stays within 200 ms up to ")
                .containsPattern("\nLimit: .{10,}\n");
    }

    @Test
    @Tag("full")
    void a_sweep_that_is_stopped_leaves_a_valid_file() throws IOException {
        Path file = dir.resolve("scale.jsonl");
        List<String> command = new ArrayList<>(List.of("bench", "scale", "--stop-with-stdin"));
        command.addAll(List.of(("--nodes 1 --broker memory --connections 20,30 --seconds 300 --warm-up 1 --repeats 1"
                        + " --json " + file)
                .split(" ")));
        try (CommandProcess sweep = CommandProcess.start(System.getenv(), command.toArray(String[]::new))) {
            sweep.awaitErrLine(".*of 301 s: .*");
            sweep.closeInput();

            assertThat(sweep.status()).isEqualTo(1);
            assertThat(sweep.out()).anyMatch(line -> line.contains("2 of 2 points were not measured: it was stopped"));
            assertThat(file).isEmptyFile();
        }
    }

    static List<String> commandsOfThePage() throws IOException {
        return Pattern.compile("(?m)^ {4}\\./carillon (bench (?:scale|limit|rehearse) .*)$")
                .matcher(Files.readString(Path.of("../docs/load-generator.md")))
                .results()
                .map(match -> match.group(1))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("commandsOfThePage")
    void a_command_of_the_page_has_options_that_exist(String command) {
        CommandLine.ParseResult parsed = Main.commandLine(Console.system()).parseArgs(command.split(" "));

        assertThat(parsed.subcommand().subcommand().matchedOptions()).isNotEmpty();
    }

    /** A rehearsal needs a deployed cluster: {@link RehearseIT}. */
    static List<String> commandsThatStartTheirCluster() throws IOException {
        return commandsOfThePage().stream()
                .filter(command -> !command.startsWith("bench rehearse"))
                .toList();
    }

    @ParameterizedTest
    @Tag("full")
    @MethodSource("commandsThatStartTheirCluster")
    void a_command_of_the_page_runs(String command) {
        String brief = command.startsWith("bench scale") ? BRIEF : "--warm-up 1 --seconds 1 --steps 3";
        String inDirectory = command.replaceAll("(\\S+\\.(?:jsonl|html))", dir + "/$1");

        CommandRun run = CommandRun.of(System.getenv(), "", (inDirectory + " " + brief).split(" "));

        assertThat(run.status()).as(run.err()).isLessThan(2);
        assertThat(run.out()).containsPattern("(?m)^(Medians\\.|Limit: )");
    }

    private static CommandRun scale(String options) {
        return CommandRun.of(System.getenv(), "", ("bench scale " + BRIEF + " " + options).split(" "));
    }

    private static List<JsonNode> lines(Path file) throws IOException {
        JsonMapper json = JsonMapper.builder().build();
        List<JsonNode> lines = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            lines.add(json.readTree(line));
        }
        return lines;
    }

    /** The line of a point that was measured before. */
    private static String earlier(int connections) {
        return "{\"point\":{\"nodes\":1,\"ioThreads\":0,\"connections\":" + connections
                + ",\"rate\":10.0,\"payload\":200,\"scope\":\"global\",\"broker\":\"memory\",\"proxy\":\"none\",\"sticky\":false,"
                + "\"transport\":\"plain\",\"protocol\":\"sse\",\"placement\":\"SPREAD\"},\"status\":\"MEASURED\","
                + "\"startedAt\":\"2026-01-01T00:00:00Z\",\"reason\":\"\",\"valid\":true,\"clean\":true,\"notes\":[],"
                + "\"repeats\":1,\"seconds\":5.0,\"figures\":{}}\n";
    }
}
