package dev.carillon.lease;

import static dev.carillon.broker.RecordingNode.get;

import dev.carillon.base.Platform;
import dev.carillon.broker.Store;
import dev.carillon.scope.Tenant;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** A node with a clock of its own that takes part in a lease. */
final class LeaseNode {
    static final Duration LENGTH = Duration.ofSeconds(5);
    static final Duration MARGIN = Duration.ofSeconds(1);
    static final LeaseTerms TERMS = new LeaseTerms(LENGTH, MARGIN, Duration.ofSeconds(1), LENGTH);

    private final AtomicLong nanos;
    private final ClusterLeases leases;
    final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    final AtomicInteger acquired = new AtomicInteger();
    final ClusterLease lease;

    /** @param origin of its monotonic clock */
    LeaseNode(Store store, String id, String name, Duration origin) {
        nanos = new AtomicLong(origin.toNanos());
        leases = new ClusterLeases(store, id, metrics, Platform.system().nanoTime(nanos::get));
        lease = leases.open(key(name), TERMS, acquired::incrementAndGet);
    }

    static Store.Key key(String name) {
        return new Store.Key(Tenant.DEFAULT, "lease", name);
    }

    LeaseNode pass(Duration time) {
        nanos.addAndGet(time.toNanos());
        return this;
    }

    LeaseNode tick() {
        get(lease.tick());
        return this;
    }

    /** With a tick at the begin and at the end. */
    LeaseNode acquire() {
        return tick().pass(LENGTH).tick();
    }

    boolean holds() {
        return lease.isHeld();
    }

    long fence() {
        try (LeaseUse use = lease.begin().orElseThrow()) {
            return use.fence();
        }
    }

    void drain() {
        leases.drain();
    }

    double metric(String name) {
        return metrics.get("carillon.leases." + name)
                .meter()
                .measure()
                .iterator()
                .next()
                .getValue();
    }
}
