package dev.carillon.source.intake;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

/** What is counted of one source. Thread-safe. */
final class SourceMetrics {
    /** What became of a message. */
    enum Outcome {
        /** It is in the log. */
        APPENDED,
        /** It was received again, and was in the log. */
        REPEATED,
        /** It was older than max-age. */
        STALE,
        /** It was refused for good, and is in the dead letters. */
        DEAD,
        /** It was refused for good, and dropped. */
        DROPPED
    }

    private final Map<Outcome, Counter> outcomes = new EnumMap<>(Outcome.class);
    private final Counter retries;
    private final Counter reordered;

    SourceMetrics(String source, MeterRegistry registry, Supplier<SourceStatus> status) {
        for (Outcome outcome : Outcome.values()) {
            outcomes.put(
                    outcome,
                    Counter.builder("carillon.source.messages")
                            .description("Messages of a source, by what became of them")
                            .tag("source", source)
                            .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
                            .register(registry));
        }
        retries = counter(
                registry,
                source,
                "carillon.source.retries",
                "Appends of a source's messages that failed and were repeated");
        reordered = counter(
                registry,
                source,
                "carillon.source.reordered",
                "Messages of a source that came into the log before an earlier one, as the broker failed between the two");
        gauge(
                registry,
                source,
                "carillon.source.consuming",
                "Whether this node reads the source: 1 or 0",
                () -> status.get().state() instanceof SourceState.Consuming ? 1 : 0);
        gauge(
                registry,
                source,
                "carillon.source.failed",
                "Whether the source needs an operator: 1 or 0",
                () -> status.get().state() instanceof SourceState.Failed ? 1 : 0);
        gauge(
                registry,
                source,
                "carillon.source.pending",
                "Messages that wait in the source, on the node that reads it; NaN: not known",
                () -> status.get().pending().isPresent()
                        ? status.get().pending().orElse(0)
                        : Double.NaN);
    }

    private static Counter counter(MeterRegistry registry, String source, String name, String description) {
        return Counter.builder(name)
                .description(description)
                .tag("source", source)
                .register(registry);
    }

    private static void gauge(
            MeterRegistry registry, String source, String name, String description, Supplier<Number> value) {
        Gauge.builder(name, value)
                .description(description)
                .tag("source", source)
                .strongReference(true)
                .register(registry);
    }

    void count(Outcome outcome, int messages) {
        Objects.requireNonNull(outcomes.get(outcome)).increment(messages);
    }

    void retried() {
        retries.increment();
    }

    void reordered(int messages) {
        reordered.increment(messages);
    }
}
