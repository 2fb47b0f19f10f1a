package dev.carillon.lab.scale;

import dev.carillon.lab.LabException;
import dev.carillon.lab.load.Fanout;
import dev.carillon.lab.load.FanoutPlan;
import dev.carillon.lab.load.FanoutResult;
import dev.carillon.process.ProcessCost;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The measurement of one point: starts its processes, warms them up by a run that also gives the cost of cold connects, and repeats the run. Each
 * repeat opens its connections again, to warm nodes. For one use.
 */
public final class PointRun {
    private static final int MIN_WINDOW = 4;
    private static final int MAX_WINDOW = 64;
    private static final double BROADCASTS_PER_CONNECTION = 10;

    private static final int CONNECTIONS_PER_SOURCE = 20_000;
    private static final int SETTLE_SECONDS = 1;
    /** A shorter warm-up of new nodes says nothing about them: the first repeat is judged then. */
    private static final int JUDGED_SECONDS = 4;

    private final ScalePoint point;
    private final Pace pace;
    private final ScaleTools tools;
    private final CountDownLatch endRequested = new CountDownLatch(1);
    private volatile @Nullable Fanout running;

    /**
     * Times of a point.
     *
     * @param warmUpSeconds of the first run
     * @param seconds of each repeat
     * @param idleSeconds with and without connections, without events
     */
    public record Pace(int warmUpSeconds, int seconds, int repeats, int idleSeconds) {
        /** What a point takes, roughly: processes start in some seconds, and connections open and close. */
        public double estimate() {
            return 10 + warmUpSeconds + repeats * (seconds + SETTLE_SECONDS + 1.0) + 2 * idleSeconds;
        }
    }

    public PointRun(ScalePoint point, Pace pace, ScaleTools tools) {
        this.point = point;
        this.pace = pace;
        this.tools = tools;
    }

    /** Requests an early end. May be called on any thread. */
    public void endEarly() {
        endRequested.countDown();
        Fanout now = running;
        if (now != null) {
            now.endEarly();
        }
    }

    private boolean isEnding() {
        return endRequested.getCount() == 0;
    }

    /** Empty after {@link #endEarly()}: such a point was not measured. */
    public Optional<PointResult> run() throws InterruptedException {
        String startedAt = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        long begin = System.nanoTime();
        Outcome outcome;
        try (ScaleCluster cluster = new ScaleCluster(point, tools)) {
            outcome = measure(cluster);
        } catch (LabException e) {
            outcome = Outcome.ended(PointResult.Status.FAILED, String.valueOf(e.getMessage()));
        }
        if (isEnding()) {
            return Optional.empty();
        }
        return Optional.of(outcome.result(point, startedAt, (System.nanoTime() - begin) / 1e9));
    }

    private Outcome measure(ScaleCluster cluster) throws InterruptedException {
        Figures figures = new Figures(point, cluster.hasBroker());
        FanoutResult warmUp = fanout(cluster, new FanoutPlan.Length(0, Math.max(1, pace.warmUpSeconds)));
        figures.addWarmUp(warmUp);
        Optional<String> rule = pace.warmUpSeconds < JUDGED_SECONDS ? Optional.empty() : earlyEnd(warmUp);
        List<FanoutResult> repeats = new ArrayList<>();
        for (int i = 1; i <= pace.repeats && !isEnding() && rule.isEmpty(); i++) {
            boolean last = i == pace.repeats;
            FanoutResult repeat =
                    fanout(cluster, new FanoutPlan.Length(SETTLE_SECONDS, pace.seconds, last ? pace.idleSeconds : 0));
            figures.addRepeat(repeat);
            repeats.add(repeat);
            rule = earlyEnd(repeat);
            if (last && pace.idleSeconds > 0) {
                figures.addIdle(repeat, idle(cluster));
            }
        }
        return rule.map(reason -> Outcome.ended(PointResult.Status.ENDED_EARLY, reason))
                .orElseGet(() -> new Outcome(PointResult.Status.MEASURED, "", repeats, figures));
    }

    private Optional<String> earlyEnd(FanoutResult run) {
        return isEnding() ? Optional.empty() : EarlyEnd.after(run, point);
    }

    private FanoutResult fanout(ScaleCluster cluster, FanoutPlan.Length length) throws InterruptedException {
        Fanout fanout =
                new Fanout(plan(cluster, point, length), line -> tools.log().println("carillon: " + line));
        running = fanout;
        if (isEnding()) {
            fanout.endEarly();
        }
        return fanout.run();
    }

    static FanoutPlan plan(ScaleCluster cluster, ScalePoint point, FanoutPlan.Length length) {
        int sources = Math.ceilDiv(point.connections(), CONNECTIONS_PER_SOURCE);
        int threads = Math.clamp(Runtime.getRuntime().availableProcessors() / 2, 1, FanoutPlan.MAX_THREADS);
        return new FanoutPlan(
                new FanoutPlan.Listening(
                        point.streams(),
                        cluster.clientsTo(),
                        point.connections(),
                        0,
                        point.groups(),
                        false,
                        sources <= 1 ? 0 : Math.min(sources, FanoutPlan.MAX_SOURCES),
                        Math.min(threads, point.connections()),
                        cluster.nodes().listenToken()),
                new FanoutPlan.Broadcasting(
                        point.payload(),
                        point.rate(),
                        window(point.rate()),
                        0,
                        cluster.nodes().broadcastToken()),
                length,
                cluster.monitored(),
                cluster.access());
    }

    /** Connections of broadcasters, each with one broadcast that waits for its answer. With TLS each costs a handshake. */
    static int window(double rate) {
        return (int) Math.clamp(Math.ceil(rate / BROADCASTS_PER_CONNECTION), MIN_WINDOW, MAX_WINDOW);
    }

    /** Processors that the nodes use without connections. */
    private double idle(ScaleCluster cluster) throws InterruptedException {
        long before = cpuMillis(cluster);
        long begin = System.nanoTime();
        boolean _ = endRequested.await(pace.idleSeconds, TimeUnit.SECONDS);
        return 1e6 * (cpuMillis(cluster) - before) / Math.max(1, System.nanoTime() - begin);
    }

    private static long cpuMillis(ScaleCluster cluster) {
        return cluster.pids().map(pid -> ProcessCost.of(pid).cpuMillis()).sum();
    }

    private record Outcome(
            PointResult.Status status,
            String reason,
            List<FanoutResult> repeats,
            @Nullable Figures figures) {
        static Outcome ended(PointResult.Status status, String reason) {
            return new Outcome(status, reason, List.of(), null);
        }

        PointResult result(ScalePoint point, String startedAt, double seconds) {
            Set<String> notes = new LinkedHashSet<>();
            repeats.forEach(repeat -> {
                notes.addAll(repeat.invalidBecause());
                notes.addAll(repeat.notes());
            });
            return new PointResult(
                    point,
                    status,
                    startedAt,
                    reason,
                    repeats.stream().allMatch(FanoutResult::valid),
                    repeats.stream().allMatch(FanoutResult::clean),
                    List.copyOf(notes),
                    repeats.size(),
                    seconds,
                    figures == null ? Map.of() : figures.spreads());
        }
    }
}
