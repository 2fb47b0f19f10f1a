package dev.carillon.lease;

import dev.carillon.base.Platform;
import dev.carillon.broker.Store;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The leases in which a node takes part, at most {@value #MAX}; a further one is refused. Thread-safe. */
public final class ClusterLeases implements AutoCloseable {
    static final int MAX = 256;

    private static final Logger LOGGER = LoggerFactory.getLogger(ClusterLeases.class);
    private static final long CLOSE_MILLIS = 1_000;

    private final Store store;
    private final String self;
    private final Platform platform;
    private final Map<Store.Key, ClusterLease> leases = new ConcurrentHashMap<>();
    private final Counter acquired;
    private final Counter lost;
    private volatile boolean draining;

    /** @param self names this life of this node, without blanks */
    public ClusterLeases(Store store, String self, MeterRegistry registry, Platform platform) {
        this.store = store;
        this.self = self;
        this.platform = platform;
        this.acquired = Counter.builder("carillon.leases.acquired")
                .description("Leases of the cluster that this node has acquired")
                .register(registry);
        this.lost = Counter.builder("carillon.leases.lost")
                .description("Leases of the cluster that another node has taken from this one")
                .register(registry);
        Gauge.builder(
                        "carillon.leases.held",
                        leases,
                        all -> all.values().stream()
                                .filter(ClusterLease::isHeld)
                                .count())
                .description("Leases of the cluster that this node holds")
                .register(registry);
    }

    /**
     * Takes part in a lease.
     *
     * @param onAcquire called when this node has acquired it; must not block
     * @throws IllegalStateException when this node takes part already, or in too many
     */
    public ClusterLease open(Store.Key key, LeaseTerms terms, Runnable onAcquire) {
        ClusterLease lease = new ClusterLease(store, key, self, terms, platform, new ClusterLease.Listener() {
            @Override
            public void acquired() {
                acquired.increment();
                onAcquire.run();
            }

            @Override
            public void lost() {
                lost.increment();
            }
        });
        synchronized (this) {
            if (leases.containsKey(key)) {
                throw new IllegalStateException("this node takes part in the lease \"" + key.name() + "\" already");
            }
            if (leases.size() >= MAX) {
                throw new IllegalStateException("a node takes part in at most " + MAX + " leases");
            }
            leases.put(key, lease);
        }
        if (draining) {
            CompletionStage<Void> _ = lease.leave();
        }
        return lease;
    }

    /** Ends the part of this node in a lease. */
    public CompletionStage<Void> leave(ClusterLease lease) {
        leases.values().remove(lease);
        return lease.leave();
    }

    /** See {@link ClusterLease#tick}. */
    public void tick() {
        leases.values().forEach(lease -> {
            CompletionStage<Void> _ = lease.tick();
        });
    }

    /** Frees all leases, each when its work in progress has ended, and acquires none any more. */
    public void drain() {
        draining = true;
        leases.values().forEach(lease -> {
            CompletionStage<Void> _ = lease.leave();
        });
    }

    /** As {@link #drain}; waits at most one second. Leases whose work goes on end by themselves. */
    @Override
    public void close() {
        draining = true;
        try {
            Object _ = CompletableFuture.allOf(leases.values().stream()
                            .map(lease -> lease.leave().toCompletableFuture())
                            .toArray(CompletableFuture<?>[]::new))
                    .get(CLOSE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOGGER.atDebug().log("leases could not be freed: {}", e.toString());
        }
    }
}
