package dev.carillon.cli;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Text;
import dev.carillon.broker.BrokerAddress;
import dev.carillon.broker.Brokers;
import dev.carillon.cli.base.CommandException;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.lab.report.MemoryChart;
import dev.carillon.lab.soak.MemoryTrend;
import dev.carillon.lab.soak.SoakRun;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** {@code soak}: runs nodes for hours, and checks that their memory does not grow. */
@Command(
        name = "soak",
        description = {
            "Runs two nodes on this machine and samples their resident memory: one with clients that come and go and broadcasts, by event "
                    + "stream and WebSocket, with presence, webhooks, an authorizer and revocations, one that "
                    + "only answers health checks. Prints a line per minute, and at the end the slope of the memory with a verdict. The "
                    + "first fifth of the run is the warm-up.",
            "Exit status 1: the memory of a node grows."
        },
        sortOptions = false,
        footer = {"", "Example: two hours", "  ./carillon soak --hours 2 --csv soak.csv --chart soak.svg"})
final class SoakCommand implements Callable<Integer> {
    private static final double MAX_HOURS = 1_000;
    private static final double MIN_HOURS = 0.001;
    private static final double SECONDS_PER_HOUR = 3_600;
    private static final double KIB_PER_MIB = 1_024;

    private final Console console;

    @Option(
            names = "--hours",
            paramLabel = "N",
            required = true,
            description =
                    "Length of the run in hours, 0.001 to 1000; a verdict needs a few minutes, and is better after hours.")
    private String hours = "";

    @Option(
            names = "--broker",
            paramLabel = "ADDRESS",
            defaultValue = "memory",
            description =
                    "Broker of the node with clients: memory, redis://HOST:PORT or nats://HOST:PORT. Default: memory.")
    private String broker = "memory";

    @Option(names = "--csv", paramLabel = "FILE", description = "Also write all samples to this file.")
    private @Nullable Path csv;

    @Option(names = "--chart", paramLabel = "FILE", description = "Also draw the memory over time to this SVG file.")
    private @Nullable Path chart;

    @Option(names = "--log", paramLabel = "FILE", description = "Write the output of the nodes to this file.")
    private @Nullable Path log;

    private SoakCommand(Console console) {
        this.console = console;
    }

    static CommandSpec spec(Console console) {
        return CommandSpec.forAnnotatedObject(new SoakCommand(console));
    }

    @Override
    public Integer call() throws InterruptedException {
        // Checked now; the text may contain a password, so it is passed on as a variable.
        BrokerAddress _ = Brokers.address(broker);
        SoakRun.Plan plan = new SoakRun.Plan(length(), broker);
        try (PrintStream lines = new PrintStream(logged(), true, StandardCharsets.UTF_8)) {
            if (Console.isDryRun()) {
                return ExitCode.OK;
            }
            List<SoakRun.Result> results = new SoakRun(console.commands(), plan, console.err(), lines).run();
            results.forEach(this::print);
            write(results);
            draw(results);
            return results.stream().allMatch(SoakRun.Result::flat) ? ExitCode.OK : ExitCode.FAILED;
        }
    }

    private void print(SoakRun.Result result) {
        MemoryTrend trend = result.trend();
        console.out()
                .printf(
                        Locale.ROOT,
                        "node %s: %s: RSS %.1f to %.1f MiB, slope %+.0f KiB per hour (%d samples); live heap %.1f to %.1f MiB; %s%n",
                        result.node(),
                        trend.verdict(),
                        trend.startKib() / KIB_PER_MIB,
                        trend.endKib() / KIB_PER_MIB,
                        trend.slope(),
                        trend.samples().size(),
                        result.heapStartKib() / KIB_PER_MIB,
                        result.heapEndKib() / KIB_PER_MIB,
                        result.load());
    }

    private Duration length() {
        double value;
        try {
            value = Double.parseDouble(hours);
        } catch (NumberFormatException e) {
            value = Double.NaN;
        }
        // Written so that NaN is refused, too.
        if (!(value >= MIN_HOURS && value <= MAX_HOURS)) {
            throw new ConfigException("hours", Text.printable(hours, 50), "must be a number from 0.001 to 1000");
        }
        return Duration.ofMillis(Math.round(value * SECONDS_PER_HOUR * 1_000));
    }

    private OutputStream logged() {
        if (log == null) {
            return OutputStream.nullOutputStream();
        }
        try {
            return Files.newOutputStream(log);
        } catch (IOException e) {
            throw CommandException.misused("log: " + log + ": cannot be written");
        }
    }

    private void draw(List<SoakRun.Result> results) {
        if (chart == null) {
            return;
        }
        try {
            Files.writeString(chart, MemoryChart.svg(results));
        } catch (IOException e) {
            throw CommandException.failed("chart: " + chart + ": cannot be written");
        }
    }

    private void write(List<SoakRun.Result> results) {
        if (csv == null) {
            return;
        }
        try (PrintStream out = new PrintStream(Files.newOutputStream(csv), false, StandardCharsets.UTF_8)) {
            out.println("node,seconds,rss_kib");
            for (SoakRun.Result result : results) {
                result.trend()
                        .samples()
                        .forEach(sample ->
                                out.printf(Locale.ROOT, "%s,%.1f,%d%n", result.node(), sample.seconds(), sample.kib()));
            }
        } catch (IOException e) {
            throw CommandException.failed("csv: " + csv + ": cannot be written");
        }
    }
}
