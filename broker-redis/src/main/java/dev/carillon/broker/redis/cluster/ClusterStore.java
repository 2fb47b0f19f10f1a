package dev.carillon.broker.redis.cluster;

import dev.carillon.broker.Store;
import dev.carillon.broker.redis.RedisBroker;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The values of a cluster's tenants, each at the server that has the tenant. Watches follow tenants that move. */
final class ClusterStore implements Store {
    private static final Logger LOGGER = LoggerFactory.getLogger(ClusterStore.class);

    private static final class Watch {
        final Tenant tenant;
        final String kind;
        final Consumer<Change> listener;
        /** Where it is; null: nowhere at present. Guarded by {@link #watches}. */
        @Nullable
        RedisBroker at;
        /** Ends it there. Guarded by {@link #watches}. */
        @Nullable
        AutoCloseable end;

        Watch(Tenant tenant, String kind, Consumer<Change> listener) {
            this.tenant = tenant;
            this.kind = kind;
            this.listener = listener;
        }
    }

    private final ClusterRoutes routes;
    /** The confirmed ones. Guarded by itself. */
    private final Set<Watch> watches = new HashSet<>();

    ClusterStore(ClusterRoutes routes) {
        this.routes = routes;
    }

    @Override
    public CompletionStage<Optional<Entry>> get(Key key) {
        return routes.ask(key.tenant(), broker -> broker.store().get(key));
    }

    @Override
    public CompletionStage<Optional<Long>> put(Key key, byte[] value, long expectedRevision, Duration ttl) {
        return routes.ask(key.tenant(), broker -> broker.store().put(key, value, expectedRevision, ttl));
    }

    @Override
    public CompletionStage<Boolean> remove(Key key, long expectedRevision) {
        return routes.ask(key.tenant(), broker -> broker.store().remove(key, expectedRevision));
    }

    @Override
    public CompletionStage<List<Entry>> list(Tenant tenant, String kind) {
        return routes.ask(tenant, broker -> broker.store().list(tenant, kind));
    }

    @Override
    public CompletionStage<AutoCloseable> watch(Tenant tenant, String kind, Consumer<Change> listener) {
        Watch watch = new Watch(tenant, kind, listener);
        RedisBroker broker = routes.of(tenant);
        if (broker == null) {
            return CompletableFuture.failedFuture(ClusterRoutes.unserved(tenant));
        }
        return broker.store().watch(tenant, kind, listener).thenApply(end -> {
            synchronized (watches) {
                watches.add(watch);
                watch.at = broker;
                watch.end = end;
            }
            return () -> end(watch);
        });
    }

    private void end(Watch watch) {
        AutoCloseable end;
        synchronized (watches) {
            watches.remove(watch);
            end = watch.end;
            watch.end = null;
        }
        close(end);
    }

    /** The tenants with watches that are not at the server that has the tenant. */
    Set<Tenant> misplaced() {
        Set<Tenant> tenants = new HashSet<>();
        synchronized (watches) {
            for (Watch watch : watches) {
                if (isMisplaced(watch)) {
                    tenants.add(watch.tenant);
                }
            }
        }
        return tenants;
    }

    private boolean isMisplaced(Watch watch) {
        return watch.at == null || watch.at != routes.of(watch.tenant);
    }

    /**
     * Watches tenants at the servers that have them now. A watch that fails is moved by the next call. Changes may have been missed.
     *
     * @return complete when a watch has moved or has failed
     */
    List<CompletionStage<?>> move(Set<Tenant> tenants) {
        Set<Watch> moved = new HashSet<>();
        synchronized (watches) {
            for (Watch watch : watches) {
                if (tenants.contains(watch.tenant) && isMisplaced(watch)) {
                    moved.add(watch);
                }
            }
        }
        List<CompletionStage<?>> moves = new ArrayList<>(moved.size());
        moved.forEach(watch -> moves.add(move(watch)));
        return moves;
    }

    private CompletionStage<?> move(Watch watch) {
        AutoCloseable former;
        synchronized (watches) {
            former = watch.end;
            watch.end = null;
            watch.at = null;
        }
        close(former);
        RedisBroker broker = routes.of(watch.tenant);
        if (broker == null) {
            return CompletableFuture.completedStage(null);
        }
        return broker.store()
                .watch(watch.tenant, watch.kind, watch.listener)
                .thenAccept(end -> arrived(watch, broker, end))
                .exceptionally(e -> {
                    LOGGER.debug("a watch has not moved yet", e);
                    return null;
                });
    }

    private void arrived(Watch watch, RedisBroker broker, AutoCloseable end) {
        boolean ended;
        synchronized (watches) {
            ended = !watches.contains(watch);
            watch.at = broker;
            watch.end = ended ? null : end;
        }
        if (ended) {
            close(end);
        }
    }

    private static void close(@Nullable AutoCloseable end) {
        if (end != null) {
            try {
                end.close();
            } catch (Exception e) {
                LOGGER.debug("a watch did not end", e);
            }
        }
    }
}
