package dev.carillon.cli;

import dev.carillon.broker.BrokerAddress;
import dev.carillon.cli.base.CommandException;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.cli.base.WholeNumber;
import dev.carillon.lab.bench.BroadcastBench;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench broadcast}: measures the throughput of broadcasts. */
@Command(
        name = "broadcast",
        description = {
            "Measures per second, without subscribers: broadcasts that one node acknowledges, to a scope with history (and how long each takes) and to a scope "
                    + "without; events that its broker appends without a node to one log, and to 4 logs in turn; and messages that the broker's "
                    + "server publishes without storing them.",
            "The figures depend on the machine; compare the ratios of one run."
        },
        sortOptions = false,
        footer = {"", "Example:", "  ./carillon bench broadcast --broker redis"})
final class BroadcastBenchCommand implements Callable<Integer> {
    private final Console console;

    @Option(
            names = "--broker",
            paramLabel = "NAME",
            defaultValue = "all",
            description = "memory, redis, nats, all for these, or nats-cluster for three servers. Default: all.")
    private String broker = "all";

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "5",
            description = "Number of rounds, 1 to 100, after one for warm-up. Default: 5.")
    private int rounds;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "3",
            description = "Duration of each measurement in seconds, 1 to 60. Default: 3.")
    private int seconds;

    @Option(
            names = "--broadcasters",
            paramLabel = "N",
            defaultValue = "16",
            description = "Number of concurrent connections of broadcasters, 1 to 1000. Default: 16.")
    private int broadcasters;

    @Option(
            names = "--size",
            paramLabel = "BYTES",
            defaultValue = "200",
            description = "Size of the data of an event in bytes, 1 to 100000. Default: 200.")
    private int size;

    BroadcastBenchCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws InterruptedException {
        List<String> brokers = switch (broker) {
            case "memory", "redis", "nats", "nats-cluster" -> List.of(broker);
            case "all" -> List.of("memory", "redis", "nats");
            default ->
                throw CommandException.misused("broker: " + BrokerAddress.printable(broker)
                        + ": must be memory, redis, nats, nats-cluster or all");
        };
        int checkedRounds = WholeNumber.checked("rounds", rounds, 1, 100);
        int checkedSeconds = WholeNumber.checked("seconds", seconds, 1, 60);
        int checkedBroadcasters = WholeNumber.checked("broadcasters", broadcasters, 1, 1_000);
        int bytes = WholeNumber.checked("size", size, 1, 100_000);
        if (Console.isDryRun()) {
            return ExitCode.OK;
        }
        List<BroadcastBench.Rates> all = new ArrayList<>();
        for (String name : brokers) {
            BroadcastBench.Plan plan =
                    new BroadcastBench.Plan(name, checkedRounds, checkedSeconds, checkedBroadcasters, bytes);
            try (BroadcastBench bench = new BroadcastBench(console.commands(), plan, console.err())) {
                all.add(bench.run());
            } catch (IllegalStateException e) {
                // A server is missing or did not start; the message says what to do.
                throw CommandException.failed(String.valueOf(e.getMessage()));
            }
        }
        print(all);
        return ExitCode.OK;
    }

    private void print(List<BroadcastBench.Rates> all) {
        PrintStream out = console.out();
        out.println("Events per second; " + broadcasters + " connections of broadcasters, " + BroadcastBench.OUTSTANDING
                + " events in flight without a node, " + size + " bytes of data; medians of " + rounds + " rounds of "
                + seconds
                + " s each");
        out.println();
        out.println(row(
                "",
                "with history",
                "p50 ms",
                "p99 ms",
                "without",
                "ratio",
                "one log",
                BroadcastBench.LOGS + " logs",
                "plain publish",
                "ratio"));
        for (BroadcastBench.Rates rates : all) {
            OptionalDouble plain = rates.plain();
            out.println(row(
                    rates.plan().broker(),
                    number(rates.withHistory()),
                    millis(rates.p50Millis()),
                    millis(rates.p99Millis()),
                    number(rates.withoutHistory()),
                    ratio(rates.withHistory() / rates.withoutHistory()),
                    number(rates.log()),
                    number(rates.logs()),
                    plain.isPresent() ? number(plain.getAsDouble()) : "-",
                    plain.isPresent() ? ratio(rates.log() / plain.getAsDouble()) : "-"));
        }
    }

    private static String row(Object... cells) {
        return String.format(Locale.ROOT, "%-8s %14s %9s %9s %14s %7s %14s %14s %14s %7s", cells);
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.0f", value);
    }

    private static String millis(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }

    private static String ratio(double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%.2f", value) : "-";
    }
}
