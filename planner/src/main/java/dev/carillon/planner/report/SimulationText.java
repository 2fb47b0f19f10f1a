package dev.carillon.planner.report;

import dev.carillon.planner.base.Amount;
import dev.carillon.planner.simulation.Scenario;
import dev.carillon.planner.simulation.SimulationResult;
import java.util.ArrayList;
import java.util.List;

/** A simulated run for people. */
public final class SimulationText {
    private final SimulationResult result;

    public SimulationText(SimulationResult result) {
        this.result = result;
    }

    public String headline() {
        return "Simulated, " + Amount.text(result.plan().nodes()) + " nodes and "
                + Amount.text(result.plan().workload().connections()) + " connections: "
                + result.scenario().text();
    }

    public String text() {
        StringBuilder text = new StringBuilder(headline()).append("\n\n");
        lines().forEach(line -> PlanText.wrap(text, line.name(), line.text()));
        return text.toString();
    }

    public List<PlanText.Line> lines() {
        List<PlanText.Line> lines = new ArrayList<>();
        lines.add(new PlanText.Line("p99 at worst", Amount.millis(result.worstP99())));
        lines.add(new PlanText.Line("busiest node", Amount.percent(result.peak()) + " of its processors"));
        if (result.scenario() != Scenario.STEADY) {
            lines.add(new PlanText.Line(
                    "without a stream", Amount.text(Math.rint(result.mostWaiting())) + " clients at most"));
            lines.add(new PlanText.Line(
                    "all back after",
                    Double.isInfinite(result.secondsUntilBack())
                            ? "not within the run"
                            : Amount.text(result.secondsUntilBack()) + " s"));
            lines.add(new PlanText.Line("refused connects", Amount.text(Math.rint(result.refused()))));
            lines.add(new PlanText.Line(
                    "fullest node",
                    Amount.text(result.largestShare()) + " times the mean number of clients, at the end"));
        }
        lines.add(new PlanText.Line(
                "run",
                Amount.text(result.seconds()) + " s simulated, " + Amount.text((double) result.events())
                        + " events, seed " + result.seed()));
        return lines;
    }
}
