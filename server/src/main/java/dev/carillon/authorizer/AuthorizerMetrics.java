package dev.carillon.authorizer;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;

/** Metrics of the requests to the application. */
final class AuthorizerMetrics {
    private final MeterRegistry registry;
    private final Counter repeated;
    private final Timer time;

    enum Outcome {
        ANSWERED,
        UNREACHABLE,
        TIMEOUT,
        INVALID,
        OVERLOADED
    }

    AuthorizerMetrics(MeterRegistry registry, BooleanSupplier available, IntSupplier waiting) {
        this.registry = registry;
        this.repeated = Counter.builder("carillon.authorizer.repeated")
                .description("Requests to the authorizer that were repeated because their connection was closed")
                .register(registry);
        this.time = Timer.builder("carillon.authorizer.answer")
                .description("Time of an answer of the authorizer")
                .register(registry);
        Gauge.builder("carillon.authorizer.available", () -> available.getAsBoolean() ? 1 : 0)
                .description("Whether the last request to the authorizer was answered")
                .register(registry);
        Gauge.builder("carillon.authorizer.waiting", waiting::getAsInt)
                .description("Requests that wait because too many are open")
                .register(registry);
        for (Question.Kind kind : Question.Kind.values()) {
            counter(kind, Outcome.ANSWERED).increment(0);
        }
    }

    private Counter counter(Question.Kind kind, Outcome outcome) {
        return Counter.builder("carillon.authorizer.questions")
                .description("Requests to the authorizer, by question and outcome")
                .tag("question", kind.text())
                .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
                .register(registry);
    }

    void count(Question.Kind kind, Outcome outcome) {
        counter(kind, outcome).increment();
    }

    void repeated() {
        repeated.increment();
    }

    void answered(long nanos) {
        time.record(Duration.ofNanos(nanos));
    }
}
