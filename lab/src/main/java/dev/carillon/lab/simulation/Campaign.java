package dev.carillon.lab.simulation;

import dev.carillon.lab.simulation.plan.Defect;
import dev.carillon.lab.simulation.plan.Fault;
import dev.carillon.lab.simulation.plan.Plan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Runs one seed after the other. For one thread. */
public final class Campaign {
    /**
     * What was run.
     *
     * @param schedules number of seeds
     * @param nanos real time
     * @param lifeNanos virtual time of all of them
     * @param steps tasks that ran
     * @param delivered events that clients received
     * @param gaps gaps that clients received
     * @param confirmed actions of live pages that were confirmed
     * @param faults faults that happened, by kind
     * @param failed the plans that failed, as they were; at most {@value #MAX_FAILED}
     * @param failures number of plans that failed
     */
    public record Figures(
            long schedules,
            long nanos,
            long lifeNanos,
            long steps,
            long delivered,
            long gaps,
            long confirmed,
            Map<Fault.Kind, Long> faults,
            List<Result> failed,
            long failures) {
        public Figures {
            faults = Map.copyOf(faults);
            failed = List.copyOf(failed);
        }

        /** Seeds in a minute of real time. */
        public double schedulesPerMinute() {
            return schedules * NANOS_PER_MINUTE / Math.max(1, nanos);
        }

        /** Seconds of the cluster's life in a second of real time. */
        public double lifePerSecond() {
            return (double) lifeNanos / Math.max(1, nanos);
        }
    }

    private static final double NANOS_PER_MINUTE = 6e10;
    private static final long PROGRESS_NANOS = 10_000_000_000L;
    static final int MAX_FAILED = 20;

    private final Defect defect;
    private final Map<Fault.Kind, Long> faults = new EnumMap<>(Fault.Kind.class);
    private final List<Result> failed = new ArrayList<>();
    private long schedules;
    private long lifeNanos;
    private long steps;
    private long delivered;
    private long gaps;
    private long confirmed;
    private long failures;

    public Campaign(Defect defect) {
        this.defect = defect;
    }

    /**
     * Runs seeds from the first on.
     *
     * @param seeds at most so many
     * @param length for at most about this time
     * @param onFailure receives each failing result
     * @param onProgress receives the figures so far every ten seconds
     */
    public Figures run(
            long first, long seeds, Duration length, Consumer<Result> onFailure, Consumer<Figures> onProgress) {
        long start = System.nanoTime();
        long told = start;
        for (long i = 0; i < seeds && System.nanoTime() - start < length.toNanos(); i++) {
            Result result = Simulation.run(Plan.of(first + i), defect, false);
            add(result);
            if (!result.clean()) {
                onFailure.accept(result);
            }
            if (System.nanoTime() - told > PROGRESS_NANOS) {
                told = System.nanoTime();
                onProgress.accept(figures(told - start));
            }
        }
        return figures(System.nanoTime() - start);
    }

    private Figures figures(long nanos) {
        return new Figures(schedules, nanos, lifeNanos, steps, delivered, gaps, confirmed, faults, failed, failures);
    }

    private void add(Result result) {
        schedules++;
        lifeNanos += result.lifeNanos();
        steps += result.steps();
        delivered += result.verdict().delivered();
        gaps += result.verdict().gaps();
        confirmed += result.pages().confirmed();
        result.faults().forEach((kind, count) -> faults.merge(kind, (long) count, Long::sum));
        if (!result.clean()) {
            failures++;
            if (failed.size() < MAX_FAILED) {
                failed.add(result);
            }
        }
    }
}
