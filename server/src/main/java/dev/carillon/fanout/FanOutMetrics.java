package dev.carillon.fanout;

import dev.carillon.base.CloseReason;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Metrics of fan-out. An event that was passed to a connection was delivered, is counted as dropped, or is queued. */
final class FanOutMetrics {
    final Counter deliveries;
    private final Map<CloseReason, Counter> closed = new EnumMap<>(CloseReason.class);
    final Counter unencodable;
    final Counter droppedSlow;
    final Counter replaced;
    final Counter abandoned;
    final AtomicInteger connections = new AtomicInteger();
    final AtomicLong outboxBytes = new AtomicLong();

    FanOutMetrics(MeterRegistry registry) {
        deliveries = registry.counter("carillon.events.delivered");
        for (CloseReason reason : CloseReason.values()) {
            closed.put(reason, registry.counter("carillon.connections.closed", "reason", reason.code()));
        }
        unencodable = dropped(registry, "unencodable");
        droppedSlow = dropped(registry, "slow");
        replaced = dropped(registry, "replaced");
        abandoned = dropped(registry, "closed");
        registry.gauge("carillon.connections.open", connections);
        registry.gauge("carillon.outbox.bytes", outboxBytes);
    }

    void closed(CloseReason reason) {
        Objects.requireNonNull(closed.get(reason)).increment();
    }

    private static Counter dropped(MeterRegistry registry, String reason) {
        return registry.counter("carillon.events.dropped", "reason", reason);
    }
}
