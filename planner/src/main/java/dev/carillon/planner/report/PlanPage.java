package dev.carillon.planner.report;

import dev.carillon.planner.Confidence.Influence;
import dev.carillon.planner.Curves;
import dev.carillon.planner.Curves.AtRate;
import dev.carillon.planner.Plan;
import dev.carillon.planner.base.Amount;
import dev.carillon.planner.report.Chart.Point;
import dev.carillon.planner.report.Chart.Series;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** A plan as a page. */
public final class PlanPage {
    private static final double MOST = 3;
    private static final double FROM = 0.01;
    private static final double TO = 100;
    private static final int RATES = 60;

    private final Plan plan;
    private final PlanText text;

    public PlanPage(Plan plan) {
        this.plan = plan;
        this.text = new PlanText(plan);
    }

    public String html() {
        Page page = new Page(text.headline())
                .paragraph(text.question())
                .facts(text.lines(), true)
                .heading("How it changes")
                .charts(charts())
                .heading("How sure")
                .paragraph("The number of nodes when one figure is at the ends of its spread, and all others stay:")
                .facts(influences(), false);
        if (!plan.alternatives().isEmpty()) {
            page.heading("Other machines").preformatted(String.join("\n", text.alternatives()));
        }
        return page.heading("Assumptions")
                .facts(assumptions(plan), false)
                .heading("The arithmetic")
                .preformatted(new Explanation(plan).text())
                .html();
    }

    private List<Chart> charts() {
        Curves curves = new Curves(plan);
        List<AtRate> rates = curves.atRates(FROM, TO, RATES);
        List<AtRate> stable =
                rates.stream().filter(at -> at.load().utilisation() < 1).toList();
        List<Chart> charts = new ArrayList<>();
        charts.add(new Chart(
                "Nodes by connections",
                "connections, with the same events each",
                "nodes",
                false,
                true,
                List.of(new Series(
                        "nodes needed",
                        curves.nodes(MOST).stream()
                                .map(point -> new Point(point.x(), point.y()))
                                .toList()))));
        if (plan.workload().broadcasts() > 0) {
            charts.add(byRate(
                    "Processor time of a delivery", "us", rates, at -> at.load().microsPerDelivery()));
            charts.add(
                    byRate("Delivery time, p99", "ms", stable, at -> at.load().p99Seconds() * 1e3));
            charts.add(byRate(
                    "Processors of a node in use", "%", stable, at -> at.load().utilisation() * 100));
        }
        return charts;
    }

    private static Chart byRate(String title, String unit, List<AtRate> rates, ToDoubleFunction<AtRate> value) {
        return new Chart(
                title,
                "deliveries a second of one node",
                unit,
                true,
                false,
                List.of(new Series(
                        "by load",
                        rates.stream()
                                .map(at -> new Point(at.load().deliveries(), value.applyAsDouble(at)))
                                .toList())));
    }

    private List<PlanText.Line> influences() {
        List<PlanText.Line> lines = new ArrayList<>();
        for (Influence influence : plan.confidence().influences()) {
            lines.add(new PlanText.Line(
                    influence.figure().cost().key(),
                    String.format(Locale.ROOT, "%+.2f to %+.2f nodes: ", influence.fewer(), influence.more())
                            + influence.figure().cost().meaning()));
        }
        return lines;
    }

    static List<PlanText.Line> assumptions(Plan plan) {
        return List.of(
                new PlanText.Line(
                        "figures",
                        plan.calibration().name()
                                + "; microseconds of one machine say little about another: a calibration of your own is better"),
                new PlanText.Line("clients", "spread evenly over the nodes; those of a session on one node"),
                new PlanText.Line(
                        "broadcasts",
                        plan.workload().even()
                                ? "evenly spaced"
                                : "at random moments, from many sources (--even for one with a timer)"),
                new PlanText.Line(
                        "processors",
                        "used to " + Amount.percent(plan.setup().utilisation())
                                + "; more than two in a machine were not measured: contention is assumed"),
                new PlanText.Line(
                        "network",
                        Amount.text(plan.setup().machine().gigabits())
                                + " Gbit/s per machine, used to 70 %; interrupts of network cards are not measured"),
                new PlanText.Line(
                        "delivery time",
                        "from the broadcast to the socket of the client, without the way to the client"),
                new PlanText.Line("broker", "one server: replicas and clusters of either broker were not tried"));
    }
}
