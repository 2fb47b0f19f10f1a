package dev.carillon.cli;

import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.cli.base.WholeNumber;
import dev.carillon.lab.bench.TracingBench;
import dev.carillon.lab.load.FanoutPlan;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench tracing}: measures what traces cost. */
@Command(
        name = "tracing",
        description = {
            "Measures the fan-out of a node without traces, of one that traces one broadcast in a hundred, and of one that traces each, in turn; "
                    + "with a collector in this process.",
            "The figures depend on the machine; compare the ratios of one run."
        },
        sortOptions = false,
        footer = {"", "Example:", "  ./carillon bench tracing --connections 2000"})
final class TracingBenchCommand implements Callable<Integer> {
    private final Console console;

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Number of event streams, 1 to 20000. Default: 1000.")
    private int connections;

    @Option(
            names = "--size",
            paramLabel = "BYTES",
            defaultValue = "100",
            description = "Size of the data of an event in bytes, 64 to 262144. Default: 100.")
    private int size;

    @Option(
            names = "--window",
            paramLabel = "N",
            defaultValue = "1",
            description = "Number of broadcasts in flight, 1 to 1000. Default: 1.")
    private int window;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "5",
            description = "Number of rounds, 1 to 100, after one for warm-up. Default: 5.")
    private int rounds;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "5",
            description = "Duration of each measurement in seconds, 1 to 60, after 2 for its warm-up. Default: 5.")
    private int seconds;

    TracingBenchCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws InterruptedException {
        TracingBench.Plan plan = new TracingBench.Plan(
                WholeNumber.checked("connections", connections, 1, 20_000),
                WholeNumber.checked(
                        "size", size, FanoutPlan.minPayloadBytes(), FanoutPlan.Broadcasting.MAX_PAYLOAD_BYTES),
                WholeNumber.checked("window", window, 1, FanoutPlan.Broadcasting.MAX_WINDOW),
                WholeNumber.checked("rounds", rounds, 1, 100),
                2,
                WholeNumber.checked("seconds", seconds, 1, 60));
        if (Console.isDryRun()) {
            return ExitCode.OK;
        }
        try (TracingBench bench = new TracingBench(console.commands(), plan, console.err())) {
            print(plan, bench.run());
        }
        return ExitCode.OK;
    }

    private void print(TracingBench.Plan plan, List<TracingBench.Row> rows) {
        console.out()
                .println("Fan-out to " + plan.connections() + " event streams of one node, " + plan.bytes()
                        + " bytes of data, " + plan.window() + " in flight; medians of " + plan.rounds() + " rounds of "
                        + plan.seconds() + " s each; ratios to the node without traces in the same round");
        console.out().println();
        console.out()
                .println(row(
                        "traces", "µs per delivery", "ratio", "deliveries/s", "ratio", "p50 ms", "p99 ms", "exports"));
        for (TracingBench.Row row : rows) {
            console.out()
                    .println(row(
                            row.mode().title(),
                            number(row.cpuMicros()),
                            number(row.cpuRatio()),
                            String.format(Locale.ROOT, "%.0f", row.deliveriesPerSecond()),
                            number(row.deliveriesRatio()),
                            number(row.p50Micros() / 1_000),
                            number(row.p99Micros() / 1_000),
                            row.exports()));
        }
    }

    private static String row(Object... cells) {
        return String.format(Locale.ROOT, "%-8s %16s %7s %13s %7s %8s %8s %8s", cells);
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }
}
