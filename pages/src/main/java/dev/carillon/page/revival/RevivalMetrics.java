package dev.carillon.page.revival;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Counts revivals and releases of an application on one node. Thread-safe. */
public final class RevivalMetrics {
    private final Map<Result, Counter> revivals;

    /** How an attempt to revive a context ended. */
    enum Result {
        REVIVED,
        /** There is no journal, or the page leads elsewhere. */
        ABSENT,
        /** The context is one of another client. */
        REFUSED,
        /** Another node was faster, the node drains, or too many ran; the client tries again. */
        POSTPONED,
        FAILED
    }

    /** @param app base path of the application, for a label */
    public RevivalMetrics(MeterRegistry registry, String app) {
        revivals = Stream.of(Result.values())
                .collect(Collectors.toUnmodifiableMap(
                        Function.identity(),
                        result -> Counter.builder("carillon.pages.revivals")
                                .description("Attempts to revive contexts of live pages on this node, by result")
                                .tag("app", app)
                                .tag("result", result.name().toLowerCase(Locale.ROOT))
                                .register(registry)));
    }

    void count(Result result) {
        Counter counter = revivals.get(result);
        if (counter != null) {
            counter.increment();
        }
    }
}
