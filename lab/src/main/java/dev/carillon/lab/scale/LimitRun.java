package dev.carillon.lab.scale;

import dev.carillon.lab.load.Fanout;
import dev.carillon.lab.load.FanoutPlan;
import dev.carillon.lab.load.FanoutResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Finds the highest rate at which the 99th percentile of the delivery time is within a bound, on one cluster that stays up. For one use. */
public final class LimitRun {
    private static final double BUSY = 0.85;
    private static final int SETTLE_SECONDS = 1;

    private final ScalePoint point;
    private final Plan plan;
    private final ScaleTools tools;
    private final CountDownLatch endRequested = new CountDownLatch(1);
    private volatile @Nullable Fanout running;

    /** @param p99Micros the bound */
    public record Plan(LimitSearch.Bounds bounds, long p99Micros, int warmUpSeconds, int seconds) {}

    /**
     * One rate.
     *
     * @param held whether the bound was held and everything was sent
     * @param resource what was used up, or what was used most
     */
    public record Step(double rate, boolean held, long p99Micros, double deliveriesPerSecond, String resource) {}

    /**
     * The result.
     *
     * @param holds highest rate that held the bound; 0: none did
     * @param fails lowest rate that did not; infinite: none was found
     * @param limit what limits
     * @param unfinished why the search ended before the rate was known to a tenth; empty: it did not
     */
    public record Limit(
            ScalePoint point, double holds, double fails, String limit, String unfinished, List<Step> steps) {
        public Limit {
            steps = List.copyOf(steps);
        }
    }

    public LimitRun(ScalePoint point, Plan plan, ScaleTools tools) {
        this.point = point;
        this.plan = plan;
        this.tools = tools;
    }

    /** Ends after the current step, which does not count. May be called on any thread. */
    public void endEarly() {
        endRequested.countDown();
        Fanout now = running;
        if (now != null) {
            now.endEarly();
        }
    }

    /** @param onStep is called after each step, on this thread */
    public Limit run(Consumer<Step> onStep) throws InterruptedException {
        List<Step> steps = new ArrayList<>();
        LimitSearch search = LimitSearch.of(plan.bounds);
        try (ScaleCluster cluster = new ScaleCluster(point, tools)) {
            FanoutResult _ = fanout(cluster, search.next(), new FanoutPlan.Length(0, Math.max(1, plan.warmUpSeconds)));
            while (!search.isDone() && endRequested.getCount() > 0) {
                double rate = search.next();
                FanoutResult result = fanout(cluster, rate, new FanoutPlan.Length(SETTLE_SECONDS, plan.seconds));
                if (endRequested.getCount() > 0) {
                    boolean held = holds(result, rate);
                    Step step = new Step(
                            rate,
                            held,
                            result.latency().p99Micros(),
                            result.throughput().perSecond(),
                            resource(result, cluster.hasBroker()));
                    steps.add(step);
                    onStep.accept(step);
                    search = search.tried(rate, held);
                }
            }
        }
        return new Limit(point, search.holds(), search.fails(), limit(steps, search), unfinished(search), steps);
    }

    private FanoutResult fanout(ScaleCluster cluster, double rate, FanoutPlan.Length length)
            throws InterruptedException {
        Fanout fanout = new Fanout(
                PointRun.plan(cluster, point.withRate(rate), length),
                line -> tools.log().println("carillon: " + line));
        running = fanout;
        if (endRequested.getCount() == 0) {
            fanout.endEarly();
        }
        return fanout.run();
    }

    private boolean holds(FanoutResult result, double rate) {
        return result.latency().count() > 0
                && result.latency().p99Micros() <= plan.p99Micros
                && result.broadcasts().unsent() == 0
                && result.throughput().perSecond() >= 0.9 * point.withRate(rate).expectedDeliveries();
    }

    private static String limit(List<Step> steps, LimitSearch search) {
        return steps.stream()
                .filter(step -> !step.held() && step.rate() == search.fails())
                .findFirst()
                .map(Step::resource)
                .orElse("no rate exceeded the bound: the limit is above the highest rate that was tried");
    }

    private static String unfinished(LimitSearch search) {
        if (search.isExact()) {
            return "";
        }
        return search.isDone() ? "the steps were used up (--steps)" : "it was stopped";
    }

    /** What is used up, in the order in which it spoils the figures; otherwise what is used most. */
    private String resource(FanoutResult result, boolean hasBroker) {
        double processors = Runtime.getRuntime().availableProcessors();
        double nodes = result.processes().stream()
                .limit(point.nodes())
                .mapToDouble(use -> use.cpuShare())
                .sum();
        double others = result.processes().stream()
                .skip(point.nodes())
                .mapToDouble(use -> use.cpuShare())
                .sum();
        double generator = result.generator().readersBusy() + result.generator().publisherBusy();
        if (!result.valid()) {
            return text(
                    "the load generator, which kept its processors %.0f %% busy: give it a machine of its own",
                    100
                            * Math.max(
                                    result.generator().readersBusy(),
                                    result.generator().publisherBusy()));
        }
        if (nodes + others + generator >= BUSY * processors) {
            return text(
                    "processors of this machine: nodes use %.2f, broker and proxy %.2f, the load generator %.2f of %.0f",
                    nodes, others, generator, processors);
        }
        if (point.ioThreads() > 0 && nodes >= BUSY * point.ioThreads() * point.nodes()) {
            return text(
                    "I/O threads of the nodes: %.2f of %d processors used", nodes, point.ioThreads() * point.nodes());
        }
        if (hasBroker
                && result.processes().size() > point.nodes()
                && result.processes().get(point.nodes()).cpuShare() >= BUSY) {
            return text(
                    "the broker: %.2f processors used",
                    result.processes().get(point.nodes()).cpuShare());
        }
        if (result.broadcasts().unsent() > 0) {
            return text(
                    "answers to broadcasts: %d broadcasts waited for one at a time",
                    PointRun.window(result.setup().ratePerSecond()));
        }
        return text(
                "waiting in nodes and broker: no processor is used up (nodes %.2f, broker and proxy %.2f of %.0f)",
                nodes, others, processors);
    }

    @SuppressWarnings("AnnotateFormatMethod") // Formats are literals; the annotation would need a dependency.
    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
