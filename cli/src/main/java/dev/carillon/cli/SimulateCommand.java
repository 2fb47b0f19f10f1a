package dev.carillon.cli;

import dev.carillon.base.ProcessLog;
import dev.carillon.cli.base.CommandException;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.cli.base.WholeNumber;
import dev.carillon.cli.logging.LogbackLog;
import dev.carillon.lab.report.SimulationTable;
import dev.carillon.lab.simulation.Campaign;
import dev.carillon.lab.simulation.DefectSearch;
import dev.carillon.lab.simulation.Result;
import dev.carillon.lab.simulation.Shrink;
import dev.carillon.lab.simulation.Simulation;
import dev.carillon.lab.simulation.host.SteppedThreads;
import dev.carillon.lab.simulation.plan.Defect;
import dev.carillon.lab.simulation.plan.Plan;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** {@code simulate}: runs nodes, clients and faults by seed on one thread, and accounts for every event. */
@Command(
        name = "simulate",
        description = {
            "Runs three nodes, a broker, and clients with broadcasters or live pages on one thread in virtual time, with faults by seed: lost and slow messages, "
                    + "cut connections, crashes, pauses, wrong clocks, slow clients, a broker that loses data. Accounts for every event as "
                    + "faults does, and for every action of a page. Prints the figures, and for each seed that fails the smallest plan that was found, with the command that "
                    + "runs it again.",
            "Exit status 1: a seed failed."
        },
        sortOptions = false,
        footer = {
            "",
            "Example: five minutes of seeds",
            "  ./carillon simulate --minutes 5",
            "Example: one seed, told in plain words",
            "  ./carillon simulate --seed 7 --trace",
            "Example: whether known mistakes are found",
            "  ./carillon simulate --defects --seeds 200"
        })
final class SimulateCommand implements Callable<Integer> {
    private static final int MAX_MINUTES = 100_000;
    private static final int MAX_SHRUNK = 3;
    private static final int DEFECT_SEEDS = 500;
    private static final String NONE = "none";

    private final Console console;

    @Option(names = "--seed", paramLabel = "N", description = "Run this seed alone.")
    private @Nullable Long seed;

    @Option(
            names = "--seeds",
            paramLabel = "N",
            description = "Run at most so many seeds, 1 to 2147483647. Default: as many as the time allows.")
    private @Nullable Integer seeds;

    @Option(names = "--from", paramLabel = "N", defaultValue = "1", description = "The first seed. Default: 1.")
    private long from;

    @Option(
            names = "--minutes",
            paramLabel = "N",
            defaultValue = "1",
            description = "Run for at most so many minutes, 1 to 100000. Default: 1.")
    private int minutes;

    @Option(
            names = "--faults",
            paramLabel = "LIST",
            description =
                    "With --seed: the numbers of the faults that happen, as in 0,3, or none. Default: all of the seed.")
    private @Nullable String faults;

    @Option(
            names = "--length",
            paramLabel = "MS",
            defaultValue = "12000",
            description =
                    "With --seed: virtual milliseconds during which events are broadcast, 500 to 12000. Default: 12000.")
    private int length;

    @Option(names = "--trace", description = "With --seed: print what happens, by virtual time.")
    private boolean trace;

    @Option(
            names = "--defects",
            description = {
                "Put known mistakes in place, one after the other, and print in how many seeds each is found. With --from and --seeds; default: "
                        + "500 seeds for each.",
                "Exit status 1: one was not found."
            })
    private boolean defects;

    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    private SimulateCommand(Console console) {
        this.console = console;
    }

    static CommandSpec spec(Console console) {
        return CommandSpec.forAnnotatedObject(new SimulateCommand(console));
    }

    @Override
    public Integer call() {
        Plan plan = plan();
        if (defects && (plan != null || json)) {
            throw CommandException.misused("defects: not with seed or json");
        }
        int most = seeds == null ? Integer.MAX_VALUE : WholeNumber.checked("seeds", seeds, 1, Integer.MAX_VALUE);
        int least = WholeNumber.checked("minutes", minutes, 1, MAX_MINUTES);
        if (Console.isDryRun()) {
            return ExitCode.OK;
        }
        if (!SteppedThreads.available()) {
            throw CommandException.failed(
                    "simulate: the JVM needs the option --add-opens=java.base/java.lang=ALL-UNNAMED, which the start script gives it");
        }
        // Gaps and new epochs are the purpose of a simulation, and nodes warn of each.
        boolean _ = new LogbackLog().level(ProcessLog.ROOT, "off");
        if (defects) {
            return searchDefects(seeds == null ? DEFECT_SEEDS : most);
        }
        return plan == null ? runAll(most, Duration.ofMinutes(least)) : runOne(plan);
    }

    private @Nullable Plan plan() {
        if (seed == null) {
            if (faults != null || trace || length != Plan.WORK_MILLIS) {
                throw CommandException.misused("faults, length and trace need --seed");
            }
            return null;
        }
        Plan all = Plan.of(seed).length(WholeNumber.checked("length", length, 500, Plan.WORK_MILLIS));
        if (faults == null) {
            return all;
        }
        try {
            List<Integer> selected = faults.equals(NONE)
                    ? List.of()
                    : Arrays.stream(faults.split(",", -1)).map(Integer::valueOf).toList();
            return all.select(selected);
        } catch (NumberFormatException e) {
            throw CommandException.misused("faults: must be numbers such as 0,3, or none");
        } catch (IllegalArgumentException e) {
            throw CommandException.misused("faults: " + e.getMessage());
        }
    }

    private int searchDefects(int count) {
        boolean all = true;
        for (Defect defect : Defect.values()) {
            if (defect != Defect.NONE) {
                DefectSearch search = DefectSearch.run(defect, from, count);
                console.out().println(search.text());
                all &= search.first().isPresent();
            }
        }
        return all ? ExitCode.OK : ExitCode.FAILED;
    }

    private int runOne(Plan plan) {
        Result result = Simulation.run(plan, Defect.NONE, trace);
        result.story().forEach(console.out()::println);
        if (json) {
            console.out().println(SimulationTable.json(result));
        } else {
            console.out().print(SimulationTable.text(result));
        }
        return result.clean() ? ExitCode.OK : ExitCode.FAILED;
    }

    private int runAll(int most, Duration time) {
        Campaign.Figures figures = new Campaign(Defect.NONE)
                .run(
                        from,
                        most,
                        time,
                        failed -> console.err()
                                .println("carillon: seed " + failed.plan().seed() + " fails"),
                        soFar -> console.err()
                                .printf(
                                        Locale.ROOT,
                                        "carillon: %,d schedules, %,d failed%n",
                                        soFar.schedules(),
                                        soFar.failures()));
        console.out().print(json ? SimulationTable.json(figures) + "\n" : SimulationTable.text(figures));
        if (!json) {
            figures.failed().stream().limit(MAX_SHRUNK).forEach(this::printSmallest);
        }
        return figures.failures() == 0 ? ExitCode.OK : ExitCode.FAILED;
    }

    private void printSmallest(Result failed) {
        Plan smallest = Shrink.of(failed.plan(), Defect.NONE);
        console.out().println();
        console.out().print(SimulationTable.text(Simulation.run(smallest)));
        console.out().println("run it again: ./carillon simulate " + smallest.options() + " --trace");
    }
}
