package dev.carillon.app;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** The metrics of a job on one node. */
final class JobMetrics {
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

    /** @param app base path of the application, for a label */
    JobMetrics(MeterRegistry registry, String app, String job) {
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

    void ran(Result result) {
        Counter counter = runs.get(result);
        if (counter != null) {
            counter.increment();
        }
    }
}
