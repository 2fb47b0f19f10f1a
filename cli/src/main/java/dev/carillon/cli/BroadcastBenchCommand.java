package dev.carillon.cli;

import dev.carillon.broker.BrokerAddress;
import dev.carillon.lab.bench.BroadcastBench;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench broadcast}. */
@Command(
        name = "broadcast",
        description = {
            "Measures how many broadcasts a second one node acknowledges, in turn to a scope that keeps history and to one that keeps none "
                    + "(nobody listens); how many events a second its broker appends to one log without a node; and how many "
                    + "messages a second the broker's server takes that it keeps nowhere.",
            "Numbers depend on the machine; ratios of one run are worth more."
        },
        sortOptions = false,
        footer = {"", "Example:", "  ./carillon bench broadcast --broker redis"})
final class BroadcastBenchCommand implements Callable<Integer> {
    private final Console console;

    @Option(
            names = "--broker",
            paramLabel = "NAME",
            defaultValue = "all",
            description = "memory, redis, nats, or all of them. Default: all.")
    private String broker = "all";

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "5",
            description = "How many rounds, 1 to 100, after one to warm up. Default: 5.")
    private int rounds;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "3",
            description = "How long each measurement of a round is, 1 to 60. Default: 3.")
    private int seconds;

    @Option(
            names = "--publishers",
            paramLabel = "N",
            defaultValue = "16",
            description = "How many connections broadcast at once, 1 to 1000. Default: 16.")
    private int publishers;

    @Option(
            names = "--size",
            paramLabel = "BYTES",
            defaultValue = "200",
            description = "Bytes of data of an event, 1 to 100000. Default: 200.")
    private int size;

    BroadcastBenchCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws InterruptedException {
        List<String> brokers = switch (broker) {
            case "memory", "redis", "nats" -> List.of(broker);
            case "all" -> List.of("memory", "redis", "nats");
            default ->
                throw CommandException.misused(
                        "broker: " + BrokerAddress.printable(broker) + ": must be memory, redis, nats or all");
        };
        int checkedRounds = WholeNumber.checked("rounds", rounds, 1, 100);
        int checkedSeconds = WholeNumber.checked("seconds", seconds, 1, 60);
        int checkedPublishers = WholeNumber.checked("publishers", publishers, 1, 1_000);
        int bytes = WholeNumber.checked("size", size, 1, 100_000);
        if (DryRun.isRequested()) {
            return ExitCode.OK;
        }
        List<BroadcastBench.Rates> all = new ArrayList<>();
        for (String name : brokers) {
            BroadcastBench.Plan plan =
                    new BroadcastBench.Plan(name, checkedRounds, checkedSeconds, checkedPublishers, bytes);
            try (BroadcastBench bench = new BroadcastBench(console.commands(), plan, console.err())) {
                all.add(bench.run());
            } catch (IllegalStateException e) {
                // A server that is missing, or did not start: it says what to do.
                throw CommandException.failed(String.valueOf(e.getMessage()));
            }
        }
        print(all);
        return ExitCode.OK;
    }

    private void print(List<BroadcastBench.Rates> all) {
        PrintStream out = console.out();
        out.println("Events a second; " + publishers + " connections that broadcast, " + BroadcastBench.OUTSTANDING
                + " events at once without a node, " + size + " bytes of data; medians of " + rounds + " rounds of "
                + seconds
                + " s each");
        out.println();
        out.println(row("", "with history", "without", "ratio", "log alone", "plain publish", "ratio"));
        for (BroadcastBench.Rates rates : all) {
            OptionalDouble plain = rates.plain();
            out.println(row(
                    rates.plan().broker(),
                    number(rates.kept()),
                    number(rates.notKept()),
                    ratio(rates.kept() / rates.notKept()),
                    number(rates.log()),
                    plain.isPresent() ? number(plain.getAsDouble()) : "-",
                    plain.isPresent() ? ratio(rates.log() / plain.getAsDouble()) : "-"));
        }
    }

    private static String row(Object... cells) {
        return String.format(Locale.ROOT, "%-8s %14s %14s %7s %14s %14s %7s", cells);
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.0f", value);
    }

    private static String ratio(double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%.2f", value) : "-";
    }
}
