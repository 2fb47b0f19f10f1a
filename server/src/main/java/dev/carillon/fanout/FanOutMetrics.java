package dev.carillon.fanout;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** What fan-out counts. */
final class FanOutMetrics {
    final Counter deliveries;
    final Counter slowClosed;
    final Counter overruns;
    final Counter expired;
    final Counter unencodable;
    final AtomicInteger connections = new AtomicInteger();
    final AtomicLong outboxBytes = new AtomicLong();

    FanOutMetrics(MeterRegistry registry) {
        deliveries = registry.counter("carillon.events.delivered");
        slowClosed = registry.counter("carillon.connections.closed", "reason", "slow");
        overruns = registry.counter("carillon.connections.closed", "reason", "overrun");
        expired = registry.counter("carillon.connections.closed", "reason", "expired");
        unencodable = registry.counter("carillon.events.dropped");
        registry.gauge("carillon.connections.open", connections);
        registry.gauge("carillon.outbox.bytes", outboxBytes);
    }
}
