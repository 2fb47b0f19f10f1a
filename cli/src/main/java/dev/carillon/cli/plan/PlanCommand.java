package dev.carillon.cli.plan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.cli.base.CommandException;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.cli.base.OutputFile;
import dev.carillon.planner.Plan;
import dev.carillon.planner.Planner;
import dev.carillon.planner.Prices;
import dev.carillon.planner.calibration.Calibration;
import dev.carillon.planner.report.Explanation;
import dev.carillon.planner.report.PlanData;
import dev.carillon.planner.report.PlanPage;
import dev.carillon.planner.report.PlanText;
import dev.carillon.planner.report.SimulationPage;
import dev.carillon.planner.report.SimulationText;
import dev.carillon.planner.report.Variables;
import dev.carillon.planner.simulation.Scenario;
import dev.carillon.planner.simulation.Simulation;
import dev.carillon.planner.simulation.SimulationResult;
import dev.carillon.planner.workload.Setup;
import dev.carillon.planner.workload.Workload;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code plan}: how many nodes. */
@Command(
        name = "plan",
        description = {
            "Calculates how many nodes a workload needs, why, what they cost, and how sure that is. Starts nothing: it multiplies "
                    + "measured costs (docs/capacity.md).",
            "Exit status 2: no cluster does what was asked; one sentence says what stands against it."
        },
        sortOptions = false,
        footer = {
            "",
            "Example: half a million connections, two events a second each, in topics of 1,000",
            "  ./carillon plan --connections 500k --rate 2/s --payload 400B --scopes topic@1000=100%% --p99 250ms \\",
            "      --machine 8c/16g/10gbit@0.30 --spare 1 --html plan.html",
            "",
            "Example: a million connections while one of the nodes is killed",
            "  ./carillon plan --connections 1m --broadcasts 1/s --machine 8c/16g/10gbit --simulate node-killed"
        })
public final class PlanCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private PlanOptions options = new PlanOptions();

    @Option(names = "--nodes", paramLabel = "N", description = "Check this number of nodes, spare ones included.")
    private @Nullable Integer nodes;

    @Option(
            names = "--prices",
            paramLabel = "FILE",
            description =
                    "Machines and their prices: lines such as machine.large = 8c/16g@0.30, currency = EUR, egress.gb = 0.01.")
    private @Nullable Path prices;

    @Option(
            names = "--calibration",
            paramLabel = "FILE",
            description = "What work costs on your machines. Default: figures that are shipped with this release.")
    private @Nullable Path calibration;

    @Option(names = "--explain", description = "Also print the arithmetic and every figure that it uses.")
    private boolean explain;

    @Option(names = "--json", description = "Print JSON instead of text.")
    private boolean json;

    @Option(names = "--html", paramLabel = "FILE", description = "Also write a self-contained page with plots.")
    private @Nullable Path html;

    @Option(
            names = "--terraform",
            paramLabel = "FILE",
            description = "Also write variables for terraform/modules/cluster, such as terraform.tfvars.")
    private @Nullable Path terraform;

    @Option(
            names = "--simulate",
            paramLabel = "SCENARIO",
            description =
                    "Simulate the cluster over time: steady, node-killed, rolling-deploy or broker-outage. The page has the run.")
    private @Nullable String simulate;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Seed of the simulation: the same seed gives the same run. Default: 1.")
    private long seed;

    public PlanCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        OutputFile.mustBeWritable("html", html);
        OutputFile.mustBeWritable("terraform", terraform);
        Scenario scenario = simulate == null ? null : Scenario.of(simulate);
        Plan plan = plan();
        SimulationResult result = scenario == null ? null : new Simulation(plan, scenario, seed).run();
        if (terraform != null) {
            OutputFile.write("terraform", terraform, () -> new Variables(plan).text());
        }
        if (html != null) {
            OutputFile.write(
                    "html", html, () -> result == null ? new PlanPage(plan).html() : new SimulationPage(result).html());
        }
        console.out().print(json ? json(plan, result) : text(plan, result));
        return ExitCode.OK;
    }

    private Plan plan() {
        Prices known = prices == null ? Prices.none() : Prices.parse(PlanFiles.read("prices", prices));
        Calibration costs = calibration == null
                ? Calibration.shipped()
                : Calibration.parse(String.valueOf(calibration), PlanFiles.read("calibration", calibration));
        Planner planner = new Planner(costs, known);
        Workload workload = options.workload();
        Setup setup = options.setup(known);
        if (options.isMachineOpen(known)) {
            setup = setup.on(planner.cheapest(workload, setup));
        }
        return nodes == null ? planner.plan(workload, setup) : planner.plan(workload, setup, nodes);
    }

    private String text(Plan plan, @Nullable SimulationResult result) {
        return new PlanText(plan).text()
                + (explain ? "\n" + new Explanation(plan).text() : "")
                + (result == null ? "" : "\n" + new SimulationText(result).text());
    }

    private static String json(Plan plan, @Nullable SimulationResult result) {
        Map<String, Object> data = new LinkedHashMap<>(PlanData.of(plan));
        if (result != null) {
            data.put("simulation", PlanData.of(result));
        }
        try {
            return JsonMapper.builder().build().writerWithDefaultPrettyPrinter().writeValueAsString(data) + "\n";
        } catch (JsonProcessingException e) {
            throw CommandException.failed("json: cannot be written: " + e.getMessage());
        }
    }
}
