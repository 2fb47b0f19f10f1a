package dev.carillon.client;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Pauses between attempts: twice as long after each failure, never shorter than the node asks for, and spread by up to a half. */
final class Backoff {
    private static final Duration MAX = Duration.ofSeconds(30);
    /** Nodes ask for 100 ms or more; less, such as {@code Retry-After: 0}, would be a loop without pauses. */
    private static final Duration ASKED_MIN = Duration.ofMillis(100);

    private static final Duration ASKED_MAX = Duration.ofSeconds(60);
    private static final int MAX_DOUBLINGS = 10;

    private final Duration first;
    private final Timing timing;
    private int failures;

    /** @param first pause after the first failure, if the node asks for none */
    Backoff(Duration first, Timing timing) {
        this.first = first;
        this.timing = timing;
    }

    void reset() {
        failures = 0;
    }

    /** @param asked what the node asks for; null or less than 100 ms: nothing */
    Duration next(@Nullable Duration asked) {
        Duration base = asked == null || asked.compareTo(ASKED_MIN) < 0
                ? first
                : asked.compareTo(ASKED_MAX) > 0 ? ASKED_MAX : asked;
        Duration grown = base.multipliedBy(1L << Math.min(failures, MAX_DOUBLINGS));
        failures++;
        Duration bounded = grown.compareTo(MAX) > 0 ? MAX : grown;
        long millis = (bounded.compareTo(base) < 0 ? base : bounded).toMillis();
        return Duration.ofMillis(Math.round(millis * (1 + timing.random() / 2)));
    }
}
