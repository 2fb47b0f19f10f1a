package dev.carillon.app;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;

/** The metrics of a job on one node. */
final class JobMetrics {
    private static final long NONE = Long.MIN_VALUE;

    private final Map<Result, Counter> runs = new EnumMap<>(Result.class);

    /** How a run ended. */
    enum Result {
        OK,
        /** With an exception. */
        FAILED,
        TIMEOUT,
        /** The node lost the job meanwhile. */
        LOST
    }

    private final LongSupplier nanoTime;
    /** When the present run began; {@link #NONE}: none runs. */
    private volatile long begun = NONE;

    /** @param app base path of the application, for a label */
    JobMetrics(MeterRegistry registry, String app, String job, LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        Gauge.builder("carillon.pages.job.run.seconds", this, JobMetrics::seconds)
                .description("How long the present run of a job at this node has taken; 0: none runs")
                .tag("app", app)
                .tag("job", job)
                .register(registry);
        for (Result result : Result.values()) {
            runs.put(
                    result,
                    Counter.builder("carillon.pages.job.runs")
                            .description("Runs of jobs that one node of the cluster at a time has")
                            .tag("app", app)
                            .tag("job", job)
                            .tag("result", result.name().toLowerCase(Locale.ROOT))
                            .register(registry));
        }
    }

    private double seconds() {
        long at = begun;
        return at == NONE ? 0 : (nanoTime.getAsLong() - at) / 1e9;
    }

    void begins() {
        begun = nanoTime.getAsLong();
    }

    void ran(Result result) {
        begun = NONE;
        Counter counter = runs.get(result);
        if (counter != null) {
            counter.increment();
        }
    }
}
