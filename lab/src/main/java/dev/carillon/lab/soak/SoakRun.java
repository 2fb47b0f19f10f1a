package dev.carillon.lab.soak;

import dev.carillon.lab.cluster.Commands;
import dev.carillon.lab.cluster.Tokens;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Two nodes run at the same time, one under {@link Churn}, one that only answers health checks; their memory is sampled. */
public final class SoakRun {
    private static final Duration PROGRESS = Duration.ofMinutes(1);
    private static final int SAMPLES = 2_000;
    private static final Duration MIN_INTERVAL = Duration.ofMillis(500);

    private final Commands commands;
    private final Plan plan;
    private final PrintStream progress;
    private final PrintStream log;

    /**
     * What to run.
     *
     * @param length of the run, without the start of the nodes
     * @param broker address of a broker, or {@code memory}
     */
    public record Plan(Duration length, String broker) {}

    /**
     * The result for one node.
     *
     * @param load what was done to it
     * @param heapStartKib live heap after the warm-up
     */
    public record Result(String node, String load, MemoryTrend trend, long heapStartKib, long heapEndKib) {
        public boolean flat() {
            return trend.verdict() != MemoryTrend.Verdict.GROWING;
        }
    }

    /** A node, its load and its samples. */
    private record Observed(SoakNode node, Load load, List<MemoryTrend.Sample> samples) {}

    /**
     * @param progress receives a line per minute
     * @param log receives the output of the nodes
     */
    public SoakRun(Commands commands, Plan plan, PrintStream progress, PrintStream log) {
        this.commands = commands;
        this.plan = plan;
        this.progress = progress;
        this.log = log;
    }

    public List<Result> run() throws InterruptedException {
        try (SoakApplication application = new SoakApplication();
                SoakNode churned = new SoakNode(commands, "churn", plan.broker(), settings(application), log);
                SoakNode asked = new SoakNode(commands, "health", "memory", Map.of(), log);
                Load churn = new Churn(churned, application);
                Load health = new HealthLoad(asked.port())) {
            List<Observed> all = List.of(
                    new Observed(churned, churn, new ArrayList<>()), new Observed(asked, health, new ArrayList<>()));
            List<Long> heapStart = sample(all);
            List<Result> results = new ArrayList<>();
            for (int i = 0; i < all.size(); i++) {
                Observed one = all.get(i);
                results.add(new Result(
                        one.node().name(),
                        one.load().progress(),
                        new MemoryTrend(one.samples()),
                        heapStart.get(i),
                        one.node().liveHeapKib()));
            }
            return results;
        }
    }

    private static Map<String, String> settings(SoakApplication application) {
        return Map.of(
                "CARILLON_AUTHORIZER", application.authorizerUrl(),
                "CARILLON_AUTHORIZER_KEY", Tokens.randomKey(),
                "CARILLON_WEBHOOK_URL", application.webhookUrl(),
                "CARILLON_WEBHOOK_SECRET", Tokens.randomKey(),
                // So short that users join and leave all the time.
                "CARILLON_PRESENCE_GRACE", "1s",
                "CARILLON_SCOPE_POLICIES", "topic:soak-room/*=100/1m/presence");
    }

    /** Returns the live heap of each node after the warm-up, which is a fifth of the run. */
    private List<Long> sample(List<Observed> all) throws InterruptedException {
        long began = System.nanoTime();
        long interval = Math.max(MIN_INTERVAL.toNanos(), plan.length().toNanos() / SAMPLES);
        long shown = began;
        List<Long> heapStart = new ArrayList<>();
        while (true) {
            long passed = System.nanoTime() - began;
            if (heapStart.isEmpty() && passed > plan.length().toNanos() / 5) {
                all.forEach(one -> heapStart.add(one.node().liveHeapKib()));
            }
            for (Observed one : all) {
                one.samples()
                        .add(new MemoryTrend.Sample(passed / 1e9, one.node().residentKib()));
            }
            if (passed >= plan.length().toNanos()) {
                return heapStart;
            }
            if (System.nanoTime() - shown >= PROGRESS.toNanos()) {
                shown = System.nanoTime();
                report(all, Duration.ofNanos(passed));
            }
            TimeUnit.NANOSECONDS.sleep(interval);
        }
    }

    private void report(List<Observed> all, Duration passed) {
        for (Observed one : all) {
            progress.printf(
                    Locale.ROOT,
                    "carillon: soak: %d of %d min, node %s: RSS %.1f MiB; %s%n",
                    passed.toMinutes(),
                    plan.length().toMinutes(),
                    one.node().name(),
                    one.samples().getLast().kib() / 1024.0,
                    one.load().progress());
        }
    }
}
