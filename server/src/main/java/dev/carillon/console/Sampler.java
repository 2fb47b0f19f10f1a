package dev.carillon.console;

import dev.carillon.base.CloseReason;
import dev.carillon.broker.Health;
import dev.carillon.fanout.FanOut;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Takes one sample of this node from its meters. On the timer thread only; does not block. */
final class Sampler {
    private static final double NANOS = TimeUnit.SECONDS.toNanos(1);

    private final MeterRegistry registry;
    private final FanOut fanOut;
    private final Health health;
    private final LongSupplier nanoTime;
    private final Percentiles delivery = new Percentiles();
    private final Counters broadcasts;
    private final Counters deliveries;
    private final Counters gaps;
    private final List<Counters> slow;
    private long lastNanos;

    Sampler(MeterRegistry registry, FanOut fanOut, Health health, LongSupplier nanoTime) {
        this.registry = registry;
        this.fanOut = fanOut;
        this.health = health;
        this.nanoTime = nanoTime;
        this.lastNanos = nanoTime.getAsLong();
        broadcasts = new Counters(registry, "carillon.broadcasts");
        deliveries = new Counters(registry, "carillon.events.delivered");
        gaps = new Counters(registry, "carillon.feed.gaps");
        slow = List.of(
                new Counters(registry, "carillon.events.dropped", Tag.of("reason", "slow")),
                new Counters(registry, "carillon.connections.closed", Tag.of("reason", CloseReason.SLOW.code())));
    }

    /** One number for each {@link Series}; NaN: unknown. */
    float[] sample() {
        long now = nanoTime.getAsLong();
        double seconds = Math.max(0.1, (now - lastNanos) / NANOS);
        lastNanos = now;
        Timer timer = registry.find("carillon.delivery").timer();
        if (timer != null) {
            delivery.read(timer);
        }
        Runtime runtime = Runtime.getRuntime();
        float[] sample = new float[Series.ALL.size()];
        set(sample, Series.CONNECTIONS, fanOut.connectionCount());
        set(sample, Series.BROADCASTS, broadcasts.increase() / seconds);
        set(sample, Series.DELIVERIES, deliveries.increase() / seconds);
        set(sample, Series.P50, delivery.at(0.5));
        set(sample, Series.P99, delivery.at(0.99));
        set(sample, Series.GAPS, gaps.increase() / seconds);
        set(sample, Series.SLOW, slow.stream().mapToDouble(Counters::increase).sum() / seconds);
        set(sample, Series.OUTBOX_BYTES, gauge("carillon.outbox.bytes"));
        set(
                sample,
                Series.ROUND_TRIP,
                health.roundTrip()
                        .map(Duration::toNanos)
                        .map(nanos -> nanos / 1e6)
                        .orElse(Double.NaN));
        set(sample, Series.CPU, gauge("process.cpu.usage") * 100);
        set(sample, Series.HEAP_BYTES, (double) (runtime.totalMemory() - runtime.freeMemory()));
        return sample;
    }

    private static void set(float[] sample, Series series, double value) {
        sample[series.index()] = (float) value;
    }

    private double gauge(String name) {
        Gauge gauge = registry.find(name).gauge();
        return gauge == null ? Double.NaN : gauge.value();
    }
}
