package dev.carillon.lab.scale;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Measures points one after the other, within a time. Runs on the calling thread; {@link #stop} may be called on any thread. */
public final class Sweep {
    private final Plan plan;
    private final Work work;
    private final Listener listener;
    private final LongSupplier nanoTime;
    private volatile boolean stopping;
    private volatile @Nullable Runnable running;

    /**
     * A sweep.
     *
     * @param done results of an earlier run: their points are not measured again
     * @param within time for all points
     */
    public record Plan(List<ScalePoint> points, List<PointResult> done, Duration within, PointRun.Pace pace) {
        public Plan {
            points = List.copyOf(points);
            done = List.copyOf(done);
        }
    }

    /** Measures a point; empty if it was ended early. */
    public interface Work {
        /** @param onStart receives what ends the measurement early */
        Optional<PointResult> measure(ScalePoint point, Consumer<Runnable> onStart) throws InterruptedException;
    }

    /** Is notified on the thread of the sweep. */
    public interface Listener {
        void begins(ScalePoint point, Progress progress);

        void ends(PointResult result, Progress progress);
    }

    /**
     * The result.
     *
     * @param results in the order of the points, earlier ones included
     * @param left points that were not measured
     * @param reason why some are left; empty: none is
     */
    public record Result(List<PointResult> results, List<ScalePoint> left, String reason) {
        public Result {
            results = List.copyOf(results);
            left = List.copyOf(left);
        }
    }

    /** @param nanoTime the clock */
    public Sweep(Plan plan, Work work, Listener listener, LongSupplier nanoTime) {
        this.plan = plan;
        this.work = work;
        this.listener = listener;
        this.nanoTime = nanoTime;
    }

    /** Ends the sweep: the point that is being measured is left for another run. */
    public void stop() {
        stopping = true;
        Runnable end = running;
        if (end != null) {
            end.run();
        }
    }

    public Result run() throws InterruptedException {
        List<PointResult> results = new ArrayList<>();
        List<ScalePoint> left = new ArrayList<>(plan.points);
        for (PointResult done : plan.done) {
            // What failed is tried again.
            if (done.status() != PointResult.Status.FAILED && left.remove(done.point())) {
                results.add(done);
            }
        }
        Progress progress = new Progress(left.size(), plan.pace.estimate(), nanoTime.getAsLong());
        List<ScalePoint> todo = List.copyOf(left);
        for (ScalePoint point : todo) {
            Optional<String> reason = endReason(progress);
            if (reason.isPresent()) {
                return new Result(results, left, reason.get());
            }
            Optional<PointResult> result = EarlyEnd.before(point, results).map(rule -> skipped(point, rule));
            if (result.isEmpty()) {
                listener.begins(point, progress);
                result = measure(point);
            }
            if (result.isEmpty()) {
                return new Result(results, left, "it was stopped");
            }
            left.remove(point);
            results.add(result.get());
            progress = progress.after(result.get().seconds(), nanoTime.getAsLong());
            listener.ends(result.get(), progress);
        }
        return new Result(results, left, "");
    }

    private Optional<PointResult> measure(ScalePoint point) throws InterruptedException {
        try {
            return work.measure(point, end -> {
                running = end;
                if (stopping) {
                    end.run();
                }
            });
        } finally {
            running = null;
        }
    }

    private Optional<String> endReason(Progress progress) {
        if (stopping) {
            return Optional.of("it was stopped");
        }
        double needed = progress.elapsedSeconds(nanoTime.getAsLong()) + progress.secondsPerPoint();
        return needed > plan.within.toMillis() / 1e3
                ? Optional.of("the next point would not end within " + plan.within.toMinutes() + " minutes (--within)")
                : Optional.empty();
    }

    private static PointResult skipped(ScalePoint point, String rule) {
        return new PointResult(point, PointResult.Status.ENDED_EARLY, "", rule, true, true, List.of(), 0, 0, Map.of());
    }
}
