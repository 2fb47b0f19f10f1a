package dev.carillon.planner.report;

import dev.carillon.planner.report.Chart.Point;
import dev.carillon.planner.report.Chart.Series;
import dev.carillon.planner.simulation.Sample;
import dev.carillon.planner.simulation.SimulationResult;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** A simulated run as a page. */
public final class SimulationPage {
    private static final int POINTS = 600;

    private final SimulationResult result;

    public SimulationPage(SimulationResult result) {
        this.result = result;
    }

    public String html() {
        SimulationText text = new SimulationText(result);
        return new Page(text.headline())
                .paragraph(new PlanText(result.plan()).question())
                .facts(text.lines(), true)
                .heading("Over time")
                .charts(List.of(
                        chart(
                                "Delivery time, p99",
                                "ms",
                                List.of(series("p99 of the moment", sample -> sample.p99Seconds() * 1e3))),
                        chart(
                                "Processors in use",
                                "%",
                                List.of(
                                        series("busiest node", sample -> sample.busiest() * 100),
                                        series("all nodes", sample -> sample.mean() * 100))),
                        chart("Clients without a stream", "clients", List.of(series("clients", Sample::waiting)))))
                .heading("The plan")
                .facts(new PlanText(result.plan()).lines(), false)
                .heading("Assumptions")
                .facts(PlanPage.assumptions(result.plan()), false)
                .html();
    }

    private static Chart chart(String title, String unit, List<Series> series) {
        return new Chart(title, "seconds", unit, false, false, series);
    }

    /** Of samples that are too many for a plot the highest of each group is kept. */
    private Series series(String name, ToDoubleFunction<Sample> value) {
        int group = Math.max(1, result.samples().size() / POINTS);
        List<Point> points = new ArrayList<>();
        for (int i = 0; i < result.samples().size(); i += group) {
            List<Sample> part =
                    result.samples().subList(i, Math.min(result.samples().size(), i + group));
            points.add(new Point(
                    part.getFirst().at(),
                    part.stream()
                            .mapToDouble(value)
                            .filter(Double::isFinite)
                            .max()
                            .orElse(Double.NaN)));
        }
        return new Series(name, points);
    }
}
