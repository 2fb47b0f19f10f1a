package dev.carillon.cli.scale;

import dev.carillon.cli.base.CommandException;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.cli.base.OutputFile;
import dev.carillon.cli.base.Shutdown;
import dev.carillon.cli.base.WholeNumber;
import dev.carillon.lab.cluster.Commands;
import dev.carillon.lab.report.ScalePage;
import dev.carillon.lab.report.ScaleTable;
import dev.carillon.lab.scale.Dimensions;
import dev.carillon.lab.scale.PointResult;
import dev.carillon.lab.scale.PointRun;
import dev.carillon.lab.scale.Progress;
import dev.carillon.lab.scale.ScaleFile;
import dev.carillon.lab.scale.ScalePoint;
import dev.carillon.lab.scale.Sweep;
import dev.carillon.process.PipeReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench scale}: sweeps over the size and the shape of a cluster. */
@Command(
        name = "scale",
        description = {
            "Measures a cluster for each combination of the lists that the options take: throughput, delivery times, processor time per "
                    + "delivery, broadcast, connect and idle connection, memory per connection, load of the broker, bytes between nodes. Each "
                    + "point starts processes of its own, warms them up, and repeats its measurement; figures are medians. Nodes and load "
                    + "share this machine: what is derived from measured figures is marked.",
            "A point that is too heavy ends early, by a rule that is named. Ctrl-C stops; with --json the points that are complete are kept, and "
                    + "--resume continues. Exit status 1: a point failed, was not valid or not clean, or points are left."
        },
        sortOptions = false,
        footer = {
            "",
            "Example: how the cost of a delivery changes with nodes and connections",
            "  ./carillon bench scale --nodes 1,2,4 --connections 500,5000 --json scale.jsonl --html scale.html",
            "",
            "Example: what a topic costs nodes that have no client in it",
            "  ./carillon bench scale --preset interest"
        })
public final class ScaleCommand implements Callable<Integer> {
    private static final int MAX_POINTS = 1_000;
    private static final int MAX_MINUTES = 24 * 60;

    private final Console console;

    @Mixin
    private SweepOptions sweepOptions = new SweepOptions();

    @Mixin
    private ScaleOptions options = new ScaleOptions();

    @Option(
            names = "--repeats",
            paramLabel = "N",
            defaultValue = "3",
            description = "Measurements of each point, 1 to 20. Default: 3.")
    private int repeats;

    @Option(
            names = "--idle",
            paramLabel = "N",
            defaultValue = "3",
            description =
                    "Seconds without events, with and without connections, for the cost of idle ones, 0 to 60. Default: 3.")
    private int idle;

    @Option(
            names = "--max-points",
            paramLabel = "N",
            defaultValue = "40",
            description = "Combinations that are allowed, 1 to 1000. Default: 40.")
    private int maxPoints;

    @Option(
            names = "--within",
            paramLabel = "MINUTES",
            defaultValue = "60",
            description = "No point begins that would not end within this time, 1 to 1440. Default: 60.")
    private int within;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "Write a line of JSON for each point as it ends. A new or an empty file.")
    private @Nullable Path json;

    @Option(
            names = "--resume",
            paramLabel = "FILE",
            description = "Continue the sweep of this file of --json: points that it has are not measured again.")
    private @Nullable Path resume;

    @Option(names = "--html", paramLabel = "FILE", description = "Also write a self-contained page.")
    private @Nullable Path html;

    @Option(
            names = "--compare",
            paramLabel = "FILE",
            description =
                    "With --html: the file of another sweep, whose figures stand beside those of the same points.")
    private @Nullable Path compare;

    @Option(names = Commands.STOP_WITH_STDIN, description = "Stop when standard input ends.")
    private boolean stopWithStdin;

    public ScaleCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws InterruptedException {
        PointRun.Pace pace =
                options.pace(WholeNumber.checked("repeats", repeats, 1, 20), WholeNumber.checked("idle", idle, 0, 60));
        List<ScalePoint> points = points();
        Duration time = Duration.ofMinutes(WholeNumber.checked("within", within, 1, MAX_MINUTES));
        if (json != null && resume != null) {
            throw CommandException.misused(
                    "json: " + json + ": must not be given with --resume, whose file is continued");
        }
        if (compare != null && html == null) {
            throw CommandException.misused("compare: " + compare + ": must be given with --html");
        }
        OutputFile.mustBeWritable("json", json);
        OutputFile.mustBeWritable("resume", resume);
        OutputFile.mustBeWritable("html", html);
        if (json != null) {
            new ScaleFile("json", json).mustBeEmpty();
        }
        List<PointResult> done = resume == null ? List.of() : new ScaleFile("resume", resume).read();
        List<PointResult> others = compare == null ? List.of() : new ScaleFile("compare", compare).read();
        if (Console.isDryRun()) {
            return ExitCode.OK;
        }
        Sweep.Result result = sweep(new Sweep.Plan(points, done, time, pace));
        console.out().print(new ScaleTable(result).text());
        OutputFile.write("html", html, () -> new ScalePage(result, others).html());
        return isGood(result) ? ExitCode.OK : ExitCode.FAILED;
    }

    private List<ScalePoint> points() {
        int most = WholeNumber.checked("max-points", maxPoints, 1, MAX_POINTS);
        Dimensions dimensions = sweepOptions.dimensions(options);
        if (dimensions.size() > most) {
            throw CommandException.misused("max-points: " + most + ": must be at least the number of combinations, "
                    + dimensions.size() + "; or give fewer values");
        }
        Dimensions.Points points = dimensions.points();
        if (points.points().isEmpty()) {
            throw CommandException.misused("points: (none): no combination can be measured: "
                    + points.impossible().values().iterator().next());
        }
        points.impossible()
                .forEach((point, reason) -> console.err().println("carillon: left out: " + point + ": " + reason));
        return points.points();
    }

    private Sweep.Result sweep(Sweep.Plan plan) throws InterruptedException {
        ScaleFile file = file();
        try (LocalTools tools = new LocalTools(console)) {
            Sweep sweep = new Sweep(
                    plan,
                    (point, onStart) -> measure(point, plan.pace(), tools, onStart),
                    new Lines(file),
                    System::nanoTime);
            Shutdown _ = new Shutdown(sweep::stop, () -> Runtime.getRuntime().halt(ExitCode.FAILED));
            if (stopWithStdin) {
                stopWithInput(sweep);
            }
            return sweep.run();
        }
    }

    private @Nullable ScaleFile file() {
        if (resume != null) {
            ScaleFile file = new ScaleFile("resume", resume);
            file.removeIncompleteLine();
            return file;
        }
        if (json == null) {
            return null;
        }
        ScaleFile file = new ScaleFile("json", json);
        file.create();
        return file;
    }

    private static Optional<PointResult> measure(
            ScalePoint point, PointRun.Pace pace, LocalTools tools, Consumer<Runnable> onStart)
            throws InterruptedException {
        PointRun run = new PointRun(point, pace, tools.tools());
        onStart.accept(run::endEarly);
        return run.run();
    }

    private void stopWithInput(Sweep sweep) {
        PipeReader.start("stop-with-stdin", () -> {
            try {
                console.in().transferTo(OutputStream.nullOutputStream());
            } catch (IOException e) {
                // Treated as the end of the input.
            }
            sweep.stop();
        });
    }

    private static boolean isGood(Sweep.Result result) {
        return result.left().isEmpty()
                && result.results().stream()
                        .allMatch(one -> one.status() != PointResult.Status.FAILED && one.valid() && one.clean());
    }

    /** Prints progress and keeps results. */
    private final class Lines implements Sweep.Listener {
        private final @Nullable ScaleFile file;

        Lines(@Nullable ScaleFile file) {
            this.file = file;
        }

        @Override
        public void begins(ScalePoint point, Progress progress) {
            console.err().println("carillon: " + progress.bar() + ": " + point);
        }

        @Override
        public void ends(PointResult result, Progress progress) {
            if (file != null) {
                file.append(result);
            }
            if (!result.reason().isEmpty()) {
                console.err().println("carillon: ended early: " + result.reason());
            }
        }
    }
}
