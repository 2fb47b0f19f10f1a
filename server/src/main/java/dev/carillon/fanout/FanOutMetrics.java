package dev.carillon.fanout;

import dev.carillon.base.CloseReason;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Metrics of fan-out. An event that was passed to a connection was delivered, is counted as dropped, or is queued. */
final class FanOutMetrics {
    final Counter deliveries;
    /** Recorded once for each event and I/O thread, never for a connection. */
    final Timer deliveryTime;

    private final Map<CloseReason, Counter> closed = new EnumMap<>(CloseReason.class);
    final Counter unencodable;
    final Counter droppedSlow;
    final Counter replaced;
    final Counter abandoned;
    final AtomicInteger connections = new AtomicInteger();
    final AtomicLong outboxBytes = new AtomicLong();

    FanOutMetrics(MeterRegistry registry) {
        deliveries = Counter.builder("carillon.events.delivered")
                .description(
                        "Events given to connections, counted once for each connection; written, or waiting in its outbox")
                .register(registry);
        deliveryTime = Timer.builder("carillon.delivery")
                .description(
                        "Time from the arrival of an event at this node until an I/O thread has written or queued it for all of its connections")
                .serviceLevelObjectives(
                        Duration.ofMillis(1),
                        Duration.ofMillis(5),
                        Duration.ofMillis(20),
                        Duration.ofMillis(100),
                        Duration.ofMillis(500),
                        Duration.ofSeconds(2))
                .register(registry);
        for (CloseReason reason : CloseReason.values()) {
            closed.put(
                    reason,
                    Counter.builder("carillon.connections.closed")
                            .description("Closed connections, by reason")
                            .tag("reason", reason.code())
                            .register(registry));
        }
        unencodable = dropped(registry, "unencodable");
        droppedSlow = dropped(registry, "slow");
        replaced = dropped(registry, "replaced");
        abandoned = dropped(registry, "closed");
        Gauge.builder("carillon.connections.open", connections, AtomicInteger::get)
                .description("Open event streams and WebSockets")
                .register(registry);
        Gauge.builder("carillon.outbox.bytes", outboxBytes, AtomicLong::get)
                .description("Bytes that wait for clients")
                .baseUnit("bytes")
                .register(registry);
    }

    void closed(CloseReason reason) {
        Objects.requireNonNull(closed.get(reason)).increment();
    }

    private static Counter dropped(MeterRegistry registry, String reason) {
        return Counter.builder("carillon.events.dropped")
                .description("Events that a connection did not receive, by reason")
                .tag("reason", reason)
                .register(registry);
    }
}
