package dev.carillon.cli.plan;

import dev.carillon.cli.base.CommandException;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.cli.base.OutputFile;
import dev.carillon.cli.base.WholeNumber;
import dev.carillon.lab.bench.CalibrationBench;
import dev.carillon.lab.load.FanoutPlan;
import dev.carillon.lab.load.FanoutResult;
import dev.carillon.planner.calibration.Calibration;
import dev.carillon.planner.calibration.Fit;
import dev.carillon.planner.calibration.Measurement;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench calibrate}: what work costs on this machine, for {@code plan}. */
@Command(
        name = "calibrate",
        description = {
            "Measures what work costs on this machine, and writes a file for plan --calibration: of a node itself, of an event with its "
                    + "broadcast, of a write to an event stream and to a WebSocket, and memory per connection. Six short runs with one node "
                    + "each; with the defaults about five minutes. Other figures stay those that are shipped.",
            "Exit status 1: a run was not valid, because the machine was too busy; the file is written all the same, and says so."
        },
        sortOptions = false,
        footer = {"", "Example:", "  ./carillon bench calibrate --output calibration.properties"})
public final class CalibrateCommand implements Callable<Integer> {
    private static final int MAX_CONNECTIONS = 20_000;

    private final Console console;

    @Option(names = "--output", paramLabel = "FILE", required = true, description = "The file to write.")
    private Path output = Path.of("");

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "5000",
            description = "Connections of the largest run, 500 to 20000. Default: 5000.")
    private int connections;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "30",
            description =
                    "Seconds before each measurement, 0 to 600: a new node costs more until its code is compiled. Default: 30.")
    private int warmUp;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "10",
            description = "Seconds of each measurement, 1 to 600. Default: 10.")
    private int seconds;

    public CalibrateCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws InterruptedException {
        int most = WholeNumber.checked("connections", connections, 500, MAX_CONNECTIONS);
        FanoutPlan.Length length = new FanoutPlan.Length(
                WholeNumber.checked("warm-up", warmUp, 0, 600), WholeNumber.checked("seconds", seconds, 1, 600));
        OutputFile.mustBeWritable("output", output);
        if (Console.isDryRun()) {
            return ExitCode.OK;
        }
        CalibrationBench bench = new CalibrationBench(console.commands(), length, console.err());
        List<CalibrationBench.Load> loads = CalibrationBench.loads(most);
        List<Measurement> runs = new ArrayList<>();
        int invalid = 0;
        String startedAt = "";
        for (CalibrationBench.Load load : loads) {
            console.err().println("carillon: run " + (runs.size() + 1) + " of " + loads.size() + ": " + load);
            FanoutResult result = bench.run(load);
            runs.add(measurement(load, result));
            invalid += result.valid() ? 0 : 1;
            startedAt = startedAt.isEmpty() ? result.setup().startedAt() : startedAt;
            console.out()
                    .println(load + ": " + runs.getLast().processors() + " processors"
                            + (result.valid() ? "" : " (not valid)"));
        }
        String comment = "Measured by ./carillon bench calibrate at " + startedAt + "; " + invalid + " of "
                + loads.size() + " runs were not valid, because the machine was too busy.";
        String date = startedAt.length() < 10 ? "unknown" : startedAt.substring(0, 10);
        OutputFile.write(
                "output",
                output,
                () -> Fit.text(
                        new Fit(Calibration.shipped(), runs).figures(date, "bench calibrate, " + most + " connections"),
                        comment));
        console.out().println("Written: " + output + ". Use it by ./carillon plan --calibration " + output);
        return invalid == 0 ? ExitCode.OK : ExitCode.FAILED;
    }

    private static Measurement measurement(CalibrationBench.Load load, FanoutResult result) {
        FanoutResult.Nodes nodes = result.nodes();
        if (nodes == null || result.throughput().deliveries() == 0) {
            throw CommandException.failed("calibrate: " + load + ": the run has no result; is this Linux?");
        }
        Double heap = nodes.heapBytesPerConnection();
        return new Measurement(
                load.protocol() == FanoutPlan.Protocol.WS,
                load.connections(),
                result.broadcasts().perSecond(),
                result.throughput().perSecond(),
                result.throughput().bytesPerDelivery(),
                nodes.cpuShare(),
                heap == null || heap < 0 ? 0 : heap);
    }
}
