package dev.carillon.app;

import dev.carillon.base.Platform;
import dev.carillon.extension.ExtensionContext;
import dev.carillon.extension.NodeLease;
import dev.carillon.extension.StubExtensionContext;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/** A lease that a node has until a test says otherwise, and that node. */
final class FakeLease implements NodeLease {
    final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    final AtomicInteger uses = new AtomicInteger();
    final AtomicInteger marks = new AtomicInteger();
    volatile boolean held = true;
    volatile boolean closed;
    private volatile long markNanos;
    /** Whether the store takes marks. */
    volatile boolean saves = true;

    ExtensionContext node() {
        return new StubExtensionContext() {
            @Override
            public Platform platform() {
                return Platform.system();
            }

            @Override
            public MeterRegistry metrics() {
                return metrics;
            }

            @Override
            public NodeLease lease(String name, Runnable onAcquire) {
                return FakeLease.this;
            }
        };
    }

    double runs(String result) {
        return metrics.get("carillon.pages.job.runs")
                .tag("result", result)
                .counter()
                .count();
    }

    @Override
    public Optional<Use> begin() {
        if (!held) {
            return Optional.empty();
        }
        uses.incrementAndGet();
        return Optional.of(new Held());
    }

    @Override
    public Optional<Duration> sinceMark() {
        return markNanos == 0 ? Optional.empty() : Optional.of(Duration.ofNanos(System.nanoTime() - markNanos));
    }

    @Override
    public void close() {
        closed = true;
    }

    private final class Held implements Use {
        @Override
        public long fence() {
            return 7;
        }

        @Override
        public boolean isHeld() {
            return held;
        }

        @Override
        public Duration remaining() {
            return held ? Duration.ofMillis(50) : Duration.ZERO;
        }

        @Override
        public CompletionStage<Boolean> mark() {
            if (!saves) {
                return CompletableFuture.completedStage(false);
            }
            marks.incrementAndGet();
            markNanos = System.nanoTime();
            return CompletableFuture.completedStage(true);
        }

        @Override
        public void close() {
            uses.decrementAndGet();
        }
    }
}
