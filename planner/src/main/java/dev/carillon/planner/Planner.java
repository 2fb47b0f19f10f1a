package dev.carillon.planner;

import dev.carillon.planner.Confidence.Influence;
import dev.carillon.planner.base.PlanException;
import dev.carillon.planner.calibration.Calibration;
import dev.carillon.planner.calibration.Cost;
import dev.carillon.planner.calibration.Figure;
import dev.carillon.planner.calibration.Origin;
import dev.carillon.planner.workload.Machine;
import dev.carillon.planner.workload.Setup;
import dev.carillon.planner.workload.Workload;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Plans a cluster. */
public final class Planner {
    private static final double MAX_GROWTH = 1_000;
    private static final int STEPS = 40;
    private static final int INFLUENCES = 5;
    private static final double NOTHING = 1e-6;

    private final Calibration calibration;
    private final Prices prices;

    public Planner(Calibration calibration, Prices prices) {
        this.calibration = calibration;
        this.prices = prices;
    }

    /**
     * The smallest cluster that serves a workload.
     *
     * @throws PlanException if there is none; the message says what stands against it
     */
    public Plan plan(Workload workload, Setup setup) {
        int working = new Sizing(calibration, workload, setup).working();
        return plan(workload, setup, working + setup.spare(), working, next(workload, setup, working));
    }

    /**
     * A cluster of a given size.
     *
     * @throws PlanException if it does not serve the workload
     */
    public Plan plan(Workload workload, Setup setup, int nodes) {
        if (nodes <= setup.spare()) {
            throw new PlanException(
                    nodes == 0
                            ? "nodes: 0: no connection is held without a machine: must be at least 1, and more than spare"
                            : "nodes: " + nodes + ": no node is left when the " + setup.spare()
                                    + " spare ones have failed: must be more than spare");
        }
        int needed = new Sizing(calibration, workload, setup).working() + setup.spare();
        if (nodes < needed) {
            Limit limit = new Sizing(calibration, workload, setup).limiting(nodes - setup.spare() + 1);
            throw new PlanException("nodes: " + nodes + ": " + limit.text() + " does not suffice: at least " + needed
                    + " nodes are needed, with " + setup.spare() + " of them spare");
        }
        return plan(workload, setup, nodes, needed - setup.spare(), null);
    }

    private Plan plan(Workload workload, Setup setup, int nodes, int needed, Plan.@Nullable Next next) {
        Sizing sizing = new Sizing(calibration, workload, setup);
        int working = nodes - setup.spare();
        Limit limiting = sizing.limiting(working);
        NodeModel model = sizing.model(nodes);
        NodeLoad normal = model.load(nodes);
        NodeLoad worst = model.load(working);
        BrokerPlan broker =
                BrokerPlan.choose(calibration, workload, setup, nodes).checked(nodes);
        ProxyPlan proxies = ProxyPlan.of(calibration, workload, setup, worst);
        return new Plan(
                calibration,
                workload,
                setup,
                nodes,
                limiting,
                working == 1
                        ? 0
                        : Objects.requireNonNull(sizing.used(working - 1).get(limiting)),
                sizing.used(working),
                normal,
                worst,
                FailurePlan.of(model, workload, setup, nodes),
                broker,
                proxies,
                MonthlyCost.of(prices, setup, nodes, proxies, broker, normal.bitsOut() * nodes),
                confidence(workload, setup, needed, worst),
                next,
                alternatives(workload, setup));
    }

    private Plan.Next next(Workload workload, Setup setup, int working) {
        double low = 1;
        double high = MAX_GROWTH;
        for (int i = 0; i < STEPS; i++) {
            double middle = Math.sqrt(low * high);
            if (fits(workload.scaled(middle), setup, working)) {
                low = middle;
            } else {
                high = middle;
            }
        }
        Workload larger = workload.scaled(high);
        return new Plan.Next(
                larger.connections(), Sizing.deciding(new Sizing(calibration, larger, setup).used(working)));
    }

    private boolean fits(Workload workload, Setup setup, int working) {
        return new Sizing(calibration, workload, setup)
                .used(working).values().stream().allMatch(share -> share <= 1);
    }

    /** Each figure at both ends of its spread, one at a time; independent errors add up by their squares. */
    private Confidence confidence(Workload workload, Setup setup, int working, NodeLoad load) {
        double exact = new Sizing(calibration, workload, setup).exact(working);
        List<Influence> influences = new ArrayList<>();
        for (Figure figure : calibration.figures()) {
            double one = exact(workload, setup, figure, figure.low()) - exact;
            double other = exact(workload, setup, figure, figure.high()) - exact;
            double fewer = Math.min(0, Math.min(one, other));
            double more = Math.max(0, Math.max(one, other));
            if (more - fewer > NOTHING) {
                influences.add(new Influence(figure, fewer, more));
            }
        }
        influences.sort(Comparator.comparingDouble((Influence influence) -> influence.fewer() - influence.more()));
        double fewer = Math.sqrt(
                influences.stream().mapToDouble(i -> i.fewer() * i.fewer()).sum());
        double more = Math.sqrt(
                influences.stream().mapToDouble(i -> i.more() * i.more()).sum());
        return new Confidence(
                (int) Math.max(1, Math.ceil(exact - fewer)) + setup.spare(),
                (int) Math.max(working, Math.ceil(exact + more)) + setup.spare(),
                share(load, setup, Origin.MEASURED),
                share(load, setup, Origin.DERIVED),
                influences.stream().limit(INFLUENCES).toList());
    }

    private double exact(Workload workload, Setup setup, Figure figure, double value) {
        return new Sizing(calibration.with(figure.cost(), value), workload, setup).exactOrMost();
    }

    private double share(NodeLoad load, Setup setup, Origin origin) {
        NodeLoad.Processor processor = load.processor();
        boolean tls = setup.isTlsAtNode();
        Origin write = worse(
                calibration.figure(Cost.WRITE_SSE).origin(),
                tls ? calibration.figure(Cost.TLS_DELIVERY).origin() : Origin.MEASURED);
        double sum = (write == origin ? processor.writes() : 0)
                + part(Cost.NODE_IDLE, processor.base(), origin)
                + part(Cost.IDLE_SSE, processor.idle(), origin)
                + part(Cost.EVENT, processor.events(), origin)
                + part(Cost.BYTE, processor.bytes(), origin)
                + part(Cost.APPEND, processor.broadcasts(), origin);
        return sum / processor.total();
    }

    private double part(Cost cost, double processors, Origin origin) {
        return calibration.figure(cost).origin() == origin ? processors : 0;
    }

    private static Origin worse(Origin one, Origin other) {
        return one.compareTo(other) >= 0 ? one : other;
    }

    /**
     * The machine of the prices with which the workload costs least; that of the setup if none of them can serve it.
     */
    public Machine cheapest(Workload workload, Setup setup) {
        List<Plan.Alternative> alternatives = alternatives(workload, setup);
        if (alternatives.isEmpty()) {
            return setup.machine();
        }
        return alternatives.getFirst().machine();
    }

    private List<Plan.Alternative> alternatives(Workload workload, Setup setup) {
        List<Plan.Alternative> alternatives = new ArrayList<>();
        for (Machine machine : prices.machines().values()) {
            Setup on = setup.on(machine);
            try {
                Sizing sizing = new Sizing(calibration, workload, on);
                int working = sizing.working();
                int nodes = working + setup.spare();
                BrokerPlan broker =
                        BrokerPlan.choose(calibration, workload, on, nodes).checked(nodes);
                NodeLoad load = sizing.model(nodes).load(working);
                ProxyPlan proxies = ProxyPlan.of(calibration, workload, on, load);
                MonthlyCost cost = MonthlyCost.of(prices, on, nodes, proxies, broker, load.bitsOut() * working);
                alternatives.add(new Plan.Alternative(machine, nodes, cost, sizing.limiting(working)));
            } catch (PlanException e) {
                // This machine cannot serve the workload, so it is no alternative.
            }
        }
        alternatives.sort(
                Comparator.comparingDouble((Plan.Alternative one) -> one.cost().total())
                        .thenComparing(one -> one.machine().name()));
        return alternatives;
    }
}
