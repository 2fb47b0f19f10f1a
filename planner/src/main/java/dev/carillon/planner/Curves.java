package dev.carillon.planner;

import dev.carillon.planner.base.PlanException;
import dev.carillon.planner.workload.Flow;
import dev.carillon.planner.workload.Workload;
import java.util.ArrayList;
import java.util.List;

/** How a plan changes with its load: the points of plots and tables. */
public final class Curves {
    private static final double LESS = 0.1;
    private static final int POINTS = 40;

    private final Plan plan;

    public Curves(Plan plan) {
        this.plan = plan;
    }

    /** One point; {@code y} is NaN where there is no plan. */
    public record Point(double x, double y) {}

    /**
     * One node of the plan at another rate of broadcasts.
     *
     * @param factor multiple of the planned rate
     */
    public record AtRate(double factor, NodeLoad load) {}

    /** Nodes needed, with the spare ones, by connections: a tenth to {@code most} times as many. */
    public List<Point> nodes(double most) {
        List<Point> points = new ArrayList<>();
        for (int i = 0; i <= POINTS; i++) {
            double factor = LESS + (most - LESS) * i / POINTS;
            Workload workload =
                    plan.workload().scaled(Math.max(factor, 1 / plan.workload().connections()));
            double nodes;
            try {
                nodes = (double) new Sizing(plan.calibration(), workload, plan.setup()).working()
                        + plan.setup().spare();
            } catch (PlanException e) {
                nodes = Double.NaN;
            }
            points.add(new Point(workload.connections(), nodes));
        }
        return points;
    }

    /** One node when {@code factor} times as much is broadcast to the same connections. */
    public AtRate atRate(double factor) {
        List<Flow> flows = plan.workload().flows().stream()
                .map(flow -> new Flow(flow.kind(), flow.audience(), flow.broadcasts() * factor))
                .toList();
        Workload workload = plan.workload();
        Workload other = new Workload(
                workload.connections(), workload.webSocketShare(), workload.payloadBytes(), flows, workload.even());
        return new AtRate(
                factor,
                new Sizing(plan.calibration(), other, plan.setup())
                        .model(plan.nodes())
                        .load(plan.nodes()));
    }

    /** One node by the rate of broadcasts, in equal ratios between two multiples of the planned rate. */
    public List<AtRate> atRates(double from, double to, int points) {
        List<AtRate> rates = new ArrayList<>();
        for (int i = 0; i < points; i++) {
            rates.add(atRate(from * Math.pow(to / from, (double) i / (points - 1))));
        }
        return rates;
    }
}
