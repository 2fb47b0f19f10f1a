package dev.carillon.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.base.Text;
import dev.carillon.broker.BrokerAddress;
import dev.carillon.cli.base.CommandException;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.cli.base.WholeNumber;
import dev.carillon.lab.report.StickyTable;
import dev.carillon.lab.sticky.ActionKind;
import dev.carillon.lab.sticky.StickyBench;
import dev.carillon.lab.sticky.StickyPlan;
import dev.carillon.lab.sticky.StickyResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench sticky}: measures actions of live pages on the right node and on wrong ones. */
@Command(
        name = "sticky",
        description = {
            "Measures actions of live pages that a proxy routes to the node of their tab, or at random to any node, and nodes that pass "
                    + "actions on to the node of the tab (owner routing), or do not. Prints the share of right answers, whether the counts are exact, throughput, "
                    + "latency, processor time, operations on the store and calls between nodes, and what a wrong node costs, as ratios. The nodes run in one process.",
            "Linux only. The figures depend on the machine; compare the ratios of one run.",
            "Exit status 1: an answer was wrong, or a count was not exact, although nodes passed actions on."
        },
        sortOptions = false,
        footer = {"", "Example:", "  ./carillon bench sticky --nodes 1,2,4 --broker redis --output sticky.md"})
final class StickyBenchCommand implements Callable<Integer> {
    private static final int ACTIONS = 100_000;
    private static final int QUICK_ACTIONS = 4_000;
    private static final int QUICK_ROUNDS = 1;
    private static final int ROUNDS = 3;
    private static final int MAX_NODES = 16;
    private static final String JSON = ".json";
    private static final String MARKDOWN = ".md";

    private final Console console;

    @Option(
            names = "--nodes",
            paramLabel = "N",
            split = ",",
            description =
                    "Numbers of nodes, each 1 to 16; each is measured by itself. Default: 1,2,4,8; with --quick 1,2.")
    private List<Integer> nodes = List.of();

    @Option(
            names = "--actions",
            paramLabel = "N",
            description = "Number of actions all together, 100 to 10000000. Default: 100000; with --quick 4000.")
    private @Nullable Integer actions;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "Number of rounds, 1 to 100, after a warm-up. Default: 3; with --quick 1.")
    private @Nullable Integer rounds;

    @Option(
            names = "--tabs",
            paramLabel = "N",
            defaultValue = "16",
            description = "Number of tabs that act at the same time, 1 to 1000. Default: 16.")
    private int tabs;

    @Option(
            names = "--broker",
            paramLabel = "NAME",
            defaultValue = "memory",
            description = "memory, redis or nats. Default: memory.")
    private String broker = "memory";

    @Option(
            names = "--action",
            paramLabel = "KIND",
            defaultValue = "cpu",
            description =
                    "What an action does, besides counting: cpu (hashes 100 KiB), io (waits 5 ms) or store (writes a "
                            + "shared signal). Default: cpu.")
    private String action = "cpu";

    @Option(names = "--quick", description = "A short run, below a minute.")
    private boolean quick;

    @Option(
            names = "--output",
            paramLabel = "FILE",
            description = "Also write the result to this file: as JSON (.json) or Markdown (.md).")
    private @Nullable Path output;

    StickyBenchCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws InterruptedException {
        StickyPlan plan = plan();
        checkOutput();
        if (Console.isDryRun()) {
            return ExitCode.OK;
        }
        StickyResult result;
        try {
            result = new StickyBench(console.commands(), plan, console.err()).run();
        } catch (IllegalStateException e) {
            // A server is missing or did not start; the message says what to do.
            throw CommandException.failed(String.valueOf(e.getMessage()));
        }
        StickyTable table = new StickyTable(result);
        console.out().print(table.text());
        write(result, table);
        return result.right() ? ExitCode.OK : ExitCode.FAILED;
    }

    private StickyPlan plan() {
        List<Integer> counts = nodes.isEmpty() ? List.of(1, 2) : nodes;
        if (nodes.isEmpty() && !quick) {
            counts = List.of(1, 2, 4, 8);
        }
        counts.forEach(count -> {
            int _ = WholeNumber.checked("nodes", count, 1, MAX_NODES);
        });
        return new StickyPlan(
                counts.stream().distinct().toList(),
                WholeNumber.checked("actions", orElse(actions, quick ? QUICK_ACTIONS : ACTIONS), 100, 10_000_000),
                WholeNumber.checked("rounds", orElse(rounds, quick ? QUICK_ROUNDS : ROUNDS), 1, 100),
                WholeNumber.checked("tabs", tabs, 1, 1_000),
                broker(),
                Stream.of(ActionKind.values())
                        .filter(kind -> kind.text().equals(action))
                        .findFirst()
                        .orElseThrow(() -> CommandException.misused(
                                "action: " + Text.printable(action, 50) + ": must be cpu, io or store")));
    }

    private String broker() {
        return switch (broker) {
            case "memory", "redis", "nats" -> broker;
            default ->
                throw CommandException.misused(
                        "broker: " + BrokerAddress.printable(broker) + ": must be memory, redis or nats");
        };
    }

    private static int orElse(@Nullable Integer given, int otherwise) {
        return given == null ? otherwise : given;
    }

    private void checkOutput() {
        Path file = output;
        if (file == null) {
            return;
        }
        if (!file.toString().endsWith(JSON) && !file.toString().endsWith(MARKDOWN)) {
            throw CommandException.misused("output: " + file + ": must end with .json or .md");
        }
        Path directory = file.toAbsolutePath().getParent();
        if (Files.isDirectory(file) || directory == null || !Files.isWritable(Files.exists(file) ? file : directory)) {
            throw CommandException.misused("output: " + file + ": cannot be written");
        }
    }

    private void write(StickyResult result, StickyTable table) {
        Path file = output;
        if (file == null) {
            return;
        }
        try {
            Files.writeString(file, file.toString().endsWith(JSON) ? json(result) : table.markdown());
        } catch (IOException e) {
            throw CommandException.failed("output: " + file + ": cannot be written: " + e.getMessage());
        }
    }

    private static String json(StickyResult result) {
        try {
            return JsonMapper.builder().build().writerWithDefaultPrettyPrinter().writeValueAsString(result) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
