package dev.carillon.planner.simulation;

import dev.carillon.planner.Plan;
import dev.carillon.planner.PlannedNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Simulates a planned cluster. Clients are in cohorts of equal size, which move as one; deliveries are rates, not events.
 *
 * <p>A client whose node is killed reconnects at a random moment of the plan's reconnect time; one that is refused, after 3 to 5 s; one
 * that a draining node releases, within a second. The proxy chooses a node at random among those that accept.
 */
public final class Simulation {
    /** Cohorts of one node. */
    static final int COHORTS = 128;

    private static final double BEGIN = 10;
    private static final double START_SECONDS = 10;
    private static final double DRAIN_NOTICE = 5;
    private static final double DRAIN_SECONDS = 20;
    private static final double DRAIN_RATE = 500;
    private static final double RETRY_MIN = 3;
    private static final double RETRY_SPREAD = 2;
    private static final double PATIENCE = 30;
    private static final double OUTAGE = 60;
    private static final double SETTLE = 60;
    private static final int SAMPLES = 3_000;
    private static final double SAMPLE_MIN = 0.1;
    private static final double CLIENT = 0.5;
    private static final int ATTEMPTS = 8;

    private final Plan plan;
    private final Scenario scenario;
    private final long seed;
    private final Random random;
    private final EventQueue queue = new EventQueue();
    private final List<SimulatedNode> nodes = new ArrayList<>();
    private final List<Sample> samples = new ArrayList<>();
    private final DeliveryTimes times;
    private double waiting;
    /** Highest values since the last sample. */
    private double mostWaiting;

    private double busiest;
    private double refused;
    private double allBackAt = BEGIN;
    private boolean brokerAway;

    public Simulation(Plan plan, Scenario scenario, long seed) {
        this.plan = plan;
        this.scenario = scenario;
        this.seed = seed;
        this.random = new Random(seed);
        PlannedNode node = new PlannedNode(plan);
        this.times = new DeliveryTimes(node);
        SimulatedNode.ConnectCost connect =
                new SimulatedNode.ConnectCost(node.connectSeconds(), node.coldConnectSeconds(), node.coldConnects());
        for (int i = 0; i < plan.nodes(); i++) {
            nodes.add(new SimulatedNode(plan.normal(), connect));
        }
    }

    public SimulationResult run() {
        double seconds = prepare();
        double step = Math.max(SAMPLE_MIN, seconds / SAMPLES);
        sample(step, seconds);
        while (queue.runNext(seconds)) {
            // Each event adds those that follow from it.
        }
        double largest = nodes.stream().mapToDouble(SimulatedNode::share).max().orElse(1);
        boolean back = waiting < CLIENT;
        return new SimulationResult(
                plan,
                scenario,
                seed,
                seconds,
                queue.count(),
                scenario == Scenario.STEADY ? 0 : BEGIN,
                scenario == Scenario.STEADY ? 0 : back ? allBackAt : Double.POSITIVE_INFINITY,
                refused,
                largest,
                samples);
    }

    /** Adds the events of the scenario; returns the length of the run. */
    private double prepare() {
        return switch (scenario) {
            case STEADY -> BEGIN + SETTLE;
            case NODE_KILLED -> {
                SimulatedNode node = nodes.getFirst();
                queue.add(BEGIN, () -> {
                    end(node);
                    queue.add(queue.now() + START_SECONDS, () -> start(node));
                });
                yield BEGIN + plan.setup().reconnectSeconds() * 2 + SETTLE;
            }
            case ROLLING_DEPLOY -> {
                double each = DRAIN_NOTICE + DRAIN_SECONDS + START_SECONDS;
                for (int i = 0; i < nodes.size(); i++) {
                    SimulatedNode node = nodes.get(i);
                    queue.add(BEGIN + i * each, () -> drain(node));
                }
                yield BEGIN + nodes.size() * each + SETTLE;
            }
            case BROKER_OUTAGE -> {
                queue.add(BEGIN, () -> brokerAway = true);
                queue.add(BEGIN + OUTAGE, () -> {
                    brokerAway = false;
                    nodes.forEach(node -> {
                        node.advance(queue.now());
                        node.burst(OUTAGE);
                    });
                });
                yield BEGIN + OUTAGE * 2 + SETTLE;
            }
        };
    }

    private void drain(SimulatedNode node) {
        node.advance(queue.now());
        node.drain();
        double length = Math.min(DRAIN_SECONDS, node.clients() / (DRAIN_RATE * Math.max(1, nodes.size() - 1)));
        double cohort = Math.max(1, node.clients() / COHORTS);
        double left = node.clients();
        for (int i = 0; left > CLIENT; i++) {
            double count = Math.min(cohort, left);
            left -= count;
            queue.add(queue.now() + DRAIN_NOTICE + length * i / COHORTS, () -> {
                node.advance(queue.now());
                node.release(count);
                lose(count);
                queue.add(queue.now() + random.nextDouble(), () -> connect(count));
            });
        }
        queue.add(queue.now() + DRAIN_NOTICE + DRAIN_SECONDS, () -> end(node));
        queue.add(queue.now() + DRAIN_NOTICE + DRAIN_SECONDS + START_SECONDS, () -> start(node));
    }

    /** Clients that lose their stream come back at random moments. */
    private void end(SimulatedNode node) {
        node.advance(queue.now());
        double lost = node.clients();
        double all = lost + node.connecting();
        node.kill();
        lose(lost);
        double cohort = Math.max(1, plan.normal().connections() / COHORTS);
        for (double left = all; left > CLIENT; left -= cohort) {
            double part = Math.min(cohort, left);
            queue.add(queue.now() + random.nextDouble() * plan.setup().reconnectSeconds(), () -> connect(part));
        }
    }

    private void lose(double clients) {
        waiting += clients;
        mostWaiting = Math.max(mostWaiting, waiting);
    }

    private void start(SimulatedNode node) {
        node.advance(queue.now());
        node.start();
    }

    private void connect(double count) {
        SimulatedNode node = choose();
        if (node == null) {
            retry(count);
            return;
        }
        node.advance(queue.now());
        if (node.connectDelay() > PATIENCE) {
            retry(count);
            return;
        }
        double seconds = node.accept(count);
        busiest = Math.max(busiest, node.utilisation());
        long life = node.life();
        queue.add(queue.now() + seconds, () -> {
            // The clients of a node that has ended meanwhile connect again.
            if (node.life() == life) {
                node.advance(queue.now());
                node.connected(count);
                waiting -= count;
                allBackAt = waiting < CLIENT ? queue.now() : allBackAt;
            }
        });
    }

    private void retry(double count) {
        refused += count;
        queue.add(queue.now() + RETRY_MIN + random.nextDouble() * RETRY_SPREAD, () -> connect(count));
    }

    /** A node that accepts clients, at random; null if there is none. */
    private @Nullable SimulatedNode choose() {
        for (int i = 0; i < ATTEMPTS; i++) {
            SimulatedNode node = nodes.get(random.nextInt(nodes.size()));
            if (node.isAccepting()) {
                return node;
            }
        }
        return nodes.stream().filter(SimulatedNode::isAccepting).findFirst().orElse(null);
    }

    private void sample(double step, double end) {
        double connected = 0;
        double all = 0;
        for (SimulatedNode node : nodes) {
            node.advance(queue.now());
            connected += node.clients();
            busiest = Math.max(busiest, node.utilisation());
            all += node.utilisation();
        }
        double p99 = brokerAway ? Double.NaN : times.of(nodes);
        samples.add(
                new Sample(queue.now(), connected, Math.max(mostWaiting, waiting), p99, busiest, all / nodes.size()));
        mostWaiting = 0;
        busiest = 0;
        if (queue.now() + step <= end) {
            queue.add(queue.now() + step, () -> sample(step, end));
        }
    }
}
