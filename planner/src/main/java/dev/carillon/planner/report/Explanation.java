package dev.carillon.planner.report;

import dev.carillon.planner.Curves;
import dev.carillon.planner.Limit;
import dev.carillon.planner.NodeLoad;
import dev.carillon.planner.Plan;
import dev.carillon.planner.base.Amount;
import dev.carillon.planner.calibration.Calibration;
import dev.carillon.planner.calibration.Cost;
import dev.carillon.planner.calibration.Figure;
import dev.carillon.planner.workload.Flow;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The arithmetic of a plan, line by line. */
public final class Explanation {
    private static final double MICRO = 1e6;
    private static final double FROM = 0.01;
    private static final double TO = 100;
    private static final int RATES = 5;

    private final Plan plan;
    private final Calibration calibration;
    private final List<String> lines = new ArrayList<>();

    public Explanation(Plan plan) {
        this.plan = plan;
        this.calibration = plan.calibration();
    }

    public String text() {
        lines.clear();
        load();
        processor();
        limits();
        unitCost();
        figures();
        return String.join("\n", lines) + "\n";
    }

    private void load() {
        lines.add("Load of one of " + plan.needed() + " working nodes");
        for (Flow flow : plan.workload().flows()) {
            lines.add("  " + flow.text() + ": " + Amount.text(flow.broadcasts()) + " broadcasts/s x "
                    + Amount.text(flow.audience()) + " connections = " + Amount.text(flow.deliveries())
                    + " deliveries/s");
        }
        NodeLoad load = plan.worst();
        lines.add("  " + Amount.text(load.connections()) + " connections, " + Amount.text(load.events())
                + " events/s reach the node, " + Amount.text(load.deliveries()) + " deliveries/s, "
                + Amount.text(load.broadcasts()) + " broadcasts/s accepted");
        lines.add("  " + Amount.text(load.batch())
                + " events in a write: those that wait for the same list while the node is busy");
        lines.add("");
    }

    private void processor() {
        NodeLoad load = plan.worst();
        NodeLoad.Processor processor = load.processor();
        lines.add("Processors of that node");
        part("the node itself", processor.base(), "");
        part(
                "heartbeats",
                processor.idle(),
                Amount.text(load.connections()) + " x " + micros(processor.idle(), load.connections()));
        part(
                "events",
                processor.events(),
                Amount.text(load.events()) + "/s x " + micros(processor.events(), load.events()));
        double writes = load.deliveries() / load.batch();
        part("writes", processor.writes(), Amount.text(writes) + "/s x " + micros(processor.writes(), writes));
        part(
                "bytes",
                processor.bytes(),
                Amount.text(load.deliveries()) + "/s x " + micros(processor.bytes(), load.deliveries()));
        part(
                "broadcasts",
                processor.broadcasts(),
                Amount.text(load.broadcasts()) + "/s x " + micros(processor.broadcasts(), load.broadcasts()));
        double cores = plan.setup().machine().cores();
        lines.add(String.format(
                Locale.ROOT,
                "  %-16s %8.3f of %s usable (%s processors less contention) = %s",
                "together",
                processor.total(),
                Amount.text(load.capacity()),
                Amount.text(cores),
                Amount.percent(load.utilisation())));
        lines.add("");
    }

    private void part(String name, double processors, String how) {
        lines.add(String.format(Locale.ROOT, "  %-16s %8.3f%s", name, processors, how.isEmpty() ? "" : "   " + how));
    }

    private static String micros(double processors, double times) {
        return times == 0 ? "0 us" : Amount.text(processors / times * MICRO) + " us";
    }

    private void limits() {
        lines.add("Used of each limit, with the spare nodes failed");
        Map<Limit, Double> used = new EnumMap<>(plan.used());
        used.forEach((limit, share) ->
                lines.add(String.format(Locale.ROOT, "  %-42s %8s", limit.text(), Amount.percent(share))));
        lines.add("");
    }

    private void unitCost() {
        lines.add("Processor time of a delivery of this cluster, by load (why it moves: docs/capacity.md)");
        for (Curves.AtRate at : new Curves(plan).atRates(FROM, TO, RATES)) {
            NodeLoad load = at.load();
            lines.add(String.format(
                    Locale.ROOT,
                    "  %12s deliveries/s of a node: %8s us, %s busy, %s events in a write",
                    Amount.text(load.deliveries()),
                    Amount.text(load.microsPerDelivery()),
                    load.utilisation() > 1 ? "more than 100 %" : Amount.percent(load.utilisation()),
                    Amount.text(load.batch())));
        }
        lines.add("");
    }

    private void figures() {
        lines.add("Figures (" + calibration.name() + "): value, lowest to highest, origin");
        for (Cost cost : Cost.values()) {
            Figure figure = calibration.figure(cost);
            lines.add(String.format(
                    Locale.ROOT,
                    "  %-24s %9s  %9s to %-9s %-8s %s",
                    cost.key(),
                    Amount.text(figure.value()),
                    Amount.text(figure.low()),
                    Amount.text(figure.high()),
                    figure.origin().name().toLowerCase(Locale.ROOT),
                    figure.source()));
        }
    }
}
