package dev.carillon.cli;

import dev.carillon.broker.BrokerAddress;
import dev.carillon.cli.base.CommandException;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.cli.base.InstalledProxy;
import dev.carillon.cli.base.WholeNumber;
import dev.carillon.lab.LabException;
import dev.carillon.lab.account.Verdict;
import dev.carillon.lab.cluster.OtherProxy;
import dev.carillon.lab.faults.Audience;
import dev.carillon.lab.faults.Fault;
import dev.carillon.lab.faults.FaultRun;
import dev.carillon.lab.faults.Reconnects;
import dev.carillon.lab.report.FaultMatrix;
import dev.carillon.lab.report.ReconnectChart;
import dev.carillon.proxy.files.Product;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** {@code faults}: makes nodes, brokers and links fail, and accounts for every event. */
@Command(
        name = "faults",
        description = {
            "Starts three nodes, a proxy and a broker on this machine, broadcasts to clients of which some are slow and some lose their "
                    + "connections, makes a part of the cluster fail, and accounts for every event. Each fault has a cluster of its own.",
            "A fault whose cluster does not start, or whose run fails, is reported as not measured, and the next one follows.",
            "Exit status 1: an event was lost, duplicated, out of order, delivered without a grant, or missing without a gap; or a fault "
                    + "was not measured."
        },
        sortOptions = false,
        footer = {
            "",
            "Example: the effect of a killed node",
            "  ./carillon faults --broker redis --fault node-kill",
            "Example: rolling restarts under 6,000 clients of all kinds behind HAProxy",
            "  ./carillon faults --api mixed --proxy haproxy --connections 6000 --charts ."
        })
final class FaultsCommand implements Callable<Integer> {
    private static final List<Fault> QUICK = List.of(Fault.NODE_KILL, Fault.LINK_CUT);
    private static final Duration TRAFFIC = Duration.ofSeconds(2);
    private static final Duration QUICK_TRAFFIC = Duration.ofSeconds(1);
    private static final List<Fault> ROLLS = List.of(Fault.ROLL, Fault.ROLL_BROKER);
    private static final String EMBEDDED = "embedded";
    private static final int KILLS = 20;
    private static final int QUICK_KILLS = 3;

    private final Console console;

    @Option(
            names = "--broker",
            paramLabel = "NAME",
            defaultValue = "all",
            description =
                    "redis, nats, all for these two, redis-sentinel for a primary Redis server with two replicas and three sentinels, or nats-cluster for three NATS servers. Default: all; with --quick redis.")
    private String broker = "all";

    @Option(
            names = "--api",
            paramLabel = "NAME",
            defaultValue = "events",
            description =
                    "API of broadcasters and clients: events, ws for WebSockets and clients of /position, mercure for the hub, or mixed for event streams, WebSockets and the hub. Default: events.")
    private String api = "events";

    @Option(
            names = "--fault",
            paramLabel = "NAME",
            split = ",",
            description =
                    "node-kill, node-kills, node-pause, node-stop, broker-restart, broker-lost, broker-older, broker-pause, "
                            + "broker-unavailable, roll, roll-broker-restart, link-cut, last-event, client-cut, random, with Redis broker-full, with --broker redis-sentinel primary-kill and primary-cut, and with --broker nats-cluster leader-kill, majority-kill and server-roll; may be repeated. Default: all but the two of roll; with --broker redis-sentinel or nats-cluster its own ones; with --api mercure not broker-unavailable; with --api mixed the two of roll.")
    private List<String> faults = new ArrayList<>();

    @Option(
            names = "--proxy",
            paramLabel = "NAME",
            defaultValue = "embedded",
            description = "embedded, haproxy, caddy, nginx or traefik: the proxy in front of the nodes, "
                    + InstalledProxy.PROGRAM + ". Default: embedded.")
    private String proxy = EMBEDDED;

    @Option(
            names = "--quick",
            description = "Short run of less than a minute: 60 clients, node-kill and link-cut, on Redis.")
    private boolean quick;

    @Option(
            names = "--connections",
            paramLabel = "N",
            description = "Number of clients, 15 to 10000. Default: 300, with --quick 60.")
    private @Nullable Integer connections;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "120",
            description = "Duration of random faults in seconds, 1 to 3600. Default: 120.")
    private int seconds;

    @Option(
            names = "--outage",
            paramLabel = "N",
            defaultValue = "60",
            description = "Duration of the outage of broker-unavailable in seconds, 2 to 600. Default: 60.")
    private int outage;

    @Option(
            names = "--kills",
            paramLabel = "N",
            description = "Number of kills of node-kills, 1 to 1000. Default: 20, with --quick 3.")
    private @Nullable Integer kills;

    @Option(names = "--markdown", description = "Print the table in Markdown.")
    private boolean markdown;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "Also write the results to this file, as JSON, after each fault.")
    private @Nullable Path json;

    @Option(
            names = "--charts",
            paramLabel = "DIR",
            description =
                    "Also write a chart of the reconnects of each rolling restart to this directory, as SVG: fault-api-broker-proxy.svg.")
    private @Nullable Path charts;

    @Option(names = "--log", paramLabel = "FILE", description = "Write the output of the processes to this file.")
    private @Nullable Path log;

    private FaultsCommand(Console console) {
        this.console = console;
    }

    static CommandSpec spec(Console console) {
        return CommandSpec.forAnnotatedObject(new FaultsCommand(console));
    }

    @Override
    public Integer call() throws InterruptedException {
        List<FaultRun.Plan> plans = plans();
        List<FaultRun.Outcome> outcomes = new ArrayList<>();
        // Fails now, and not after hours, if the file cannot be written.
        try {
            write(outcomes);
        } catch (CommandException e) {
            throw CommandException.misused("json: " + json + ": cannot be written");
        }
        try (PrintStream lines = new PrintStream(logged(), true, StandardCharsets.UTF_8)) {
            if (Console.isDryRun()) {
                return ExitCode.OK;
            }
            for (FaultRun.Plan plan : plans) {
                FaultRun.Outcome outcome = outcome(plan, lines);
                if (isEnding()) {
                    // The signal made the run fail, and no process can be started any more.
                    throw CommandException.failed(
                            "ended early, after " + outcomes.size() + " of " + plans.size() + " runs");
                }
                outcomes.add(outcome);
                print(outcome);
                draw(outcome);
                write(outcomes);
            }
        }
        FaultMatrix matrix = new FaultMatrix(outcomes);
        console.out().print(markdown ? matrix.markdown() : matrix.text());
        return outcomes.stream().allMatch(FaultRun.Outcome::clean) ? ExitCode.OK : ExitCode.FAILED;
    }

    /** A run that cannot begin or fails for any reason does not prevent the next ones. */
    private FaultRun.Outcome outcome(FaultRun.Plan plan, PrintStream lines) throws InterruptedException {
        try (FaultRun run = new FaultRun(console.commands(), plan, console.err(), lines)) {
            return run.run();
        } catch (LabException | IllegalStateException e) {
            // The latter: a server is missing or did not start; the message says what to do.
            return new FaultRun.NotMeasured(plan, String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            return new FaultRun.NotMeasured(plan, e.toString());
        }
    }

    /** Whether this process is exiting: then no shutdown hook can be added. */
    private static boolean isEnding() {
        Thread hook = new Thread(() -> {});
        try {
            Runtime.getRuntime().addShutdownHook(hook);
            return !Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            return true;
        }
    }

    private void print(FaultRun.Outcome outcome) {
        switch (outcome) {
            case FaultRun.Result result -> print(result);
            case FaultRun.NotMeasured not ->
                console.err().println("carillon: " + not.plan().title() + ": not measured: " + not.reason());
        }
    }

    private void print(FaultRun.Result result) {
        String title = result.plan().title() + ": ";
        console.err().println("carillon: " + title + (result.clean() ? "clean" : "NOT clean"));
        result.outage()
                .ifPresent(outage -> console.err()
                        .println("carillon: " + title + outage.streams() + " streams, " + outage.ended() + " ended, "
                                + outage.notifiedUnavailable() + " notified that the broker is unavailable, "
                                + outage.notifiedConnected() + " that it is connected"));
        result.reconnects()
                .ifPresent(found -> console.err().println("carillon: " + title + restart(found, result.verdict())));
        result.verdict().findings().forEach(finding -> console.err().println("carillon: " + title + finding));
    }

    private static String restart(Reconnects.Result found, Verdict verdict) {
        return found.clients() + " clients, " + found.moved() + " moved, at most " + found.mostReturned() + " back in "
                + Reconnects.Result.STEP_MILLIS + " ms, longest without a stream " + found.longestMillis() + " ms; "
                + found.failed() + " attempts to open a stream failed" + details(found.notOpened()) + ", "
                + found.refusals() + " were refused for the moment" + details(found.refused()) + "; "
                + verdict.failedRequests() + " broadcast requests failed" + details(verdict.failures()) + ", "
                + verdict.refusedRequests() + " were refused for the moment" + details(verdict.refusals());
    }

    private static String details(Map<String, Integer> counts) {
        return counts.isEmpty() ? "" : " " + new TreeMap<>(counts);
    }

    private void draw(FaultRun.Outcome outcome) {
        Path directory = charts;
        if (directory == null || !(outcome instanceof FaultRun.Result result)) {
            return;
        }
        FaultRun.Plan plan = result.plan();
        result.reconnects().ifPresent(found -> {
            Path file = directory.resolve(
                    String.join("-", plan.fault().label(), plan.audience().label(), plan.broker(), proxy) + ".svg");
            try {
                Files.createDirectories(directory);
                Files.writeString(file, ReconnectChart.svg(plan, found));
            } catch (IOException e) {
                throw CommandException.failed("charts: " + file + ": cannot be written: " + e.getMessage());
            }
        });
    }

    private List<FaultRun.Plan> plans() {
        List<String> brokers = switch (broker) {
            case "redis", "nats", FaultRun.SENTINEL, FaultRun.CLUSTER -> List.of(broker);
            case "all" -> quick ? List.of("redis") : List.of("redis", "nats");
            default ->
                throw CommandException.misused("broker: " + BrokerAddress.printable(broker)
                        + ": must be redis, nats, redis-sentinel, nats-cluster or all");
        };
        Audience audience = Stream.of(Audience.values())
                .filter(one -> one.label().equals(api))
                .findFirst()
                .orElseThrow(() -> CommandException.misused("api: " + api + ": must be events, ws, mercure or mixed"));
        List<Fault> chosen = chosen(audience);
        int count =
                connections == null ? quick ? 60 : 300 : WholeNumber.checked("connections", connections, 15, 10_000);
        Duration random = Duration.ofSeconds(WholeNumber.checked("seconds", seconds, 1, 3_600));
        Duration outageLength = Duration.ofSeconds(WholeNumber.checked("outage", outage, 2, 600));
        int killed = kills == null ? quick ? QUICK_KILLS : KILLS : WholeNumber.checked("kills", kills, 1, 1_000);
        FaultRun.Length length = new FaultRun.Length(quick ? QUICK_TRAFFIC : TRAFFIC, random, outageLength, killed);
        Optional<OtherProxy> other = other(count);
        return chosen.stream()
                .flatMap(fault -> brokers.stream()
                        .filter(fault::suits)
                        .map(of -> new FaultRun.Plan(audience, of, fault, count, length, other)))
                .toList();
    }

    private Optional<OtherProxy> other(int clients) {
        if (proxy.equals(EMBEDDED)) {
            return Optional.empty();
        }
        if (Stream.of(Product.values()).noneMatch(product -> product.id().equals(proxy))) {
            throw CommandException.misused("proxy: " + proxy + ": must be embedded or one of " + Product.ids());
        }
        return Optional.of(new InstalledProxy(InstalledProxy.product(proxy), console.variables(), clients));
    }

    private List<Fault> chosen(Audience audience) {
        if (!faults.isEmpty()) {
            List<Fault> named = faults.stream().map(FaultsCommand::fault).toList();
            if (!observesBroker(audience) && named.contains(Fault.BROKER_UNAVAILABLE)) {
                throw CommandException.misused(
                        "fault: broker-unavailable: must be given only with --api events or ws: streams of the hub have "
                                + "no event for the state of the broker");
            }
            if (named.stream().anyMatch(fault -> fault.needsSentinels() != hasSentinels())) {
                throw CommandException.misused(
                        "fault: must be primary-kill or primary-cut with --broker redis-sentinel, and another one without");
            }
            if (!broker.equals("all") && named.stream().anyMatch(fault -> !fault.suits(broker))) {
                throw CommandException.misused(
                        "broker: " + BrokerAddress.printable(broker) + ": must be redis with the fault broker-full");
            }
            if (!hasServers() && named.stream().anyMatch(Fault::needsServers)) {
                throw CommandException.misused("broker: " + BrokerAddress.printable(broker)
                        + ": must be nats-cluster with the faults leader-kill, majority-kill and server-roll");
            }
            return named;
        }
        if (hasSentinels()) {
            return Stream.of(Fault.values()).filter(Fault::needsSentinels).toList();
        }
        if (audience == Audience.MIXED) {
            return ROLLS;
        }
        return quick
                ? QUICK
                : Stream.of(Fault.values())
                        .filter(fault -> !ROLLS.contains(fault) && !fault.needsSentinels())
                        .filter(fault -> fault.needsServers() == hasServers())
                        .filter(fault -> observesBroker(audience) || fault != Fault.BROKER_UNAVAILABLE)
                        .toList();
    }

    private boolean hasServers() {
        return broker.equals(FaultRun.CLUSTER);
    }

    private boolean hasSentinels() {
        return broker.equals(FaultRun.SENTINEL);
    }

    private static boolean observesBroker(Audience audience) {
        return audience == Audience.EVENTS || audience == Audience.WEB_SOCKETS;
    }

    private static Fault fault(String text) {
        return Fault.of(text)
                .orElseThrow(() -> CommandException.misused("fault: " + text + ": must be one of "
                        + Stream.of(Fault.values()).map(Fault::label).collect(Collectors.joining(", "))));
    }

    private OutputStream logged() {
        try {
            return log == null ? OutputStream.nullOutputStream() : Files.newOutputStream(log);
        } catch (IOException e) {
            throw CommandException.misused("log: " + log + ": cannot be written");
        }
    }

    private void write(List<FaultRun.Outcome> outcomes) {
        Path file = json;
        if (file == null) {
            return;
        }
        String content = new FaultMatrix(outcomes).json();
        try {
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                Files.writeString(file, content);
                return;
            }
            // By a temporary file, so that an existing file stays complete if this process exits in the middle.
            Path next = file.resolveSibling(file.getFileName() + ".next");
            Files.writeString(next, content);
            Files.move(next, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw CommandException.failed("json: " + file + ": cannot be written: " + e.getMessage());
        }
    }
}
