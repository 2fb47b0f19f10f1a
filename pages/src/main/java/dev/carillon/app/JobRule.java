package dev.carillon.app;

import java.time.Duration;

/**
 * When a job runs.
 *
 * @param period from the begin of one run to the begin of the next, 100 ms to 30 days; the next follows a longer run at once
 * @param timeLimit of a run, 100 ms to 1 day; the thread of a longer run is interrupted
 */
public record JobRule(Duration period, Duration timeLimit) {
    private static final Duration MIN = Duration.ofMillis(100);
    private static final Duration PERIOD_MAX = Duration.ofDays(30);
    private static final Duration LIMIT_MAX = Duration.ofDays(1);

    public JobRule {
        if (period.compareTo(MIN) < 0 || period.compareTo(PERIOD_MAX) > 0) {
            throw new IllegalArgumentException("period " + period + ": must be from 100 ms to 30 days");
        }
        if (timeLimit.compareTo(MIN) < 0 || timeLimit.compareTo(LIMIT_MAX) > 0) {
            throw new IllegalArgumentException("timeLimit " + timeLimit + ": must be from 100 ms to 1 day");
        }
    }

    /** With a time limit of one minute. */
    public static JobRule every(Duration period) {
        return new JobRule(period, Duration.ofMinutes(1));
    }

    public JobRule timeLimit(Duration value) {
        return new JobRule(period, value);
    }
}
