package dev.carillon.presence;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.IntSupplier;

/** Metrics of presence. */
final class PresenceMetrics {
    private final Map<Change.Kind, Counter> announced = new EnumMap<>(Change.Kind.class);
    final Counter refused;

    /** @param local counts the users of this node, in each scope */
    PresenceMetrics(MeterRegistry registry, IntSupplier local) {
        for (Change.Kind kind : Change.Kind.values()) {
            announced.put(
                    kind,
                    Counter.builder("carillon.presence.changes")
                            .description("Changes of presence that this node announced")
                            .tag("change", kind.text())
                            .register(registry));
        }
        refused = Counter.builder("carillon.presence.refused")
                .description("Users that were not recorded in a scope, as a limit was reached")
                .register(registry);
        Gauge.builder("carillon.presence.users", local::getAsInt)
                .description("Users of this node that are recorded, in each scope")
                .register(registry);
    }

    void announced(Change.Kind kind) {
        Counter counter = announced.get(kind);
        if (counter != null) {
            counter.increment();
        }
    }
}
