package dev.carillon.cli.scale;

import dev.carillon.cli.base.CommandException;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.cli.base.Shutdown;
import dev.carillon.cli.base.WholeNumber;
import dev.carillon.lab.load.FanoutPlan.Broadcasting;
import dev.carillon.lab.report.LimitTable;
import dev.carillon.lab.scale.Dimensions;
import dev.carillon.lab.scale.LimitRun;
import dev.carillon.lab.scale.LimitSearch;
import dev.carillon.lab.scale.ScalePoint;
import dev.carillon.planner.base.Amount;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench limit}: the highest rate within a latency bound. */
@Command(
        name = "limit",
        description = {
            "Finds the highest rate of broadcasts at which the 99th percentile of the delivery time is within a bound, on one cluster: the "
                    + "rate doubles until it does not hold, and is then bisected until it is known to a tenth or the steps are "
                    + "used up. Says what limits. The options of bench scale describe the cluster, with one value each; --rate is where the search begins.",
            "Exit status 1: no rate held the bound."
        },
        sortOptions = false,
        footer = {
            "",
            "Example: events per second to 1,000 clients of two nodes, within 50 ms",
            "  ./carillon bench limit --nodes 2 --connections 1000 --p99 50ms"
        })
public final class LimitCommand implements Callable<Integer> {
    private static final int MAX_STEPS = 30;

    private final Console console;

    @Option(names = "--nodes", paramLabel = "N", defaultValue = "1", description = "Nodes, 1 to 20. Default: 1.")
    private String nodes = "";

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Clients, 1 to 1000000. Default: 1000.")
    private String connections = "";

    @Mixin
    private ScaleOptions options = new ScaleOptions();

    @Option(
            names = "--p99",
            paramLabel = "DURATION",
            defaultValue = "50ms",
            description = "Bound of the 99th percentile of the delivery time, 1ms to 60s. Default: 50ms.")
    private String p99 = "";

    @Option(
            names = "--to",
            paramLabel = "N",
            defaultValue = "100000",
            description = "Highest rate that is tried, up to 1000000. Default: 100000.")
    private double to;

    @Option(
            names = "--steps",
            paramLabel = "N",
            defaultValue = "12",
            description = "Rates that are tried at most, 1 to 30. Default: 12.")
    private int steps;

    public LimitCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws InterruptedException {
        double bound = Amount.seconds("p99", p99);
        if (bound < 0.001 || bound > 60) {
            throw CommandException.misused("p99: " + p99 + ": must be a duration from 1ms to 60s");
        }
        ScalePoint point = point();
        if (!(to >= point.rate() && to <= Broadcasting.MAX_RATE)) {
            throw CommandException.misused("to: " + to + ": must be a number from the rate of the first step ("
                    + point.rate() + ") to " + Broadcasting.MAX_RATE);
        }
        long micros = Math.round(bound * 1e6);
        LimitRun.Plan plan = new LimitRun.Plan(
                new LimitSearch.Bounds(point.rate(), to, WholeNumber.checked("steps", steps, 1, MAX_STEPS)),
                micros,
                options.warmUpSeconds(),
                options.seconds());
        if (Console.isDryRun()) {
            return ExitCode.OK;
        }
        try (LocalTools tools = new LocalTools(console)) {
            LimitRun run = new LimitRun(point, plan, tools.tools());
            Shutdown _ = new Shutdown(run::endEarly, () -> Runtime.getRuntime().halt(ExitCode.FAILED));
            LimitRun.Limit limit = run.run(step -> console.err().println("carillon: " + LimitTable.line(step)));
            console.out().println(point.toString().replaceFirst(", \\S+ broadcasts/s of", ", broadcasts of"));
            console.out().print(new LimitTable(limit, micros).text());
            return limit.holds() > 0 ? ExitCode.OK : ExitCode.FAILED;
        }
    }

    private ScalePoint point() {
        Dimensions all = options.dimensions(
                ScaleOptions.Defaults.LIMIT.with(nodes, connections), List.of(ScalePoint.Placement.SPREAD));
        Dimensions.Points points = all.points();
        if (all.size() != 1) {
            throw CommandException.misused("points: " + all.size() + ": bench limit measures one combination: give one "
                    + "value for each option");
        }
        List<String> obstacles = List.copyOf(points.impossible().values());
        if (!obstacles.isEmpty()) {
            throw CommandException.misused("points: (none): no combination can be measured: " + obstacles.getFirst());
        }
        return points.points().getFirst();
    }
}
