package dev.carillon.subscriptions;

import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Channel;
import dev.carillon.broker.Health;
import dev.carillon.broker.Log;
import dev.carillon.broker.Store;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A broker whose store answers only after {@code open} completes, and that counts its concurrent operations.
 *
 * @param broken tenants whose records cannot be listed
 * @param listed the tenants of which a list was requested
 */
record SlowStore(
        Broker inner,
        CompletableFuture<Void> open,
        AtomicInteger running,
        AtomicInteger most,
        Set<Tenant> broken,
        List<Tenant> listed)
        implements Broker, Store {
    SlowStore(Broker inner) {
        this(
                inner,
                new CompletableFuture<>(),
                new AtomicInteger(),
                new AtomicInteger(),
                ConcurrentHashMap.newKeySet(),
                new CopyOnWriteArrayList<>());
    }

    private <T> CompletionStage<T> counted(Supplier<CompletionStage<T>> operation) {
        int now = running.incrementAndGet();
        most.accumulateAndGet(now, Math::max);
        return open.thenCompose(x -> operation.get()).whenComplete((x, e) -> running.decrementAndGet());
    }

    @Override
    public CompletionStage<Optional<Entry>> get(Key key) {
        return counted(() -> inner.store().get(key));
    }

    @Override
    public CompletionStage<Optional<Long>> put(Key key, byte[] value, long expectedRevision, Duration ttl) {
        return counted(() -> inner.store().put(key, value, expectedRevision, ttl));
    }

    @Override
    public CompletionStage<Boolean> remove(Key key, long expectedRevision) {
        return counted(() -> inner.store().remove(key, expectedRevision));
    }

    @Override
    public CompletionStage<List<Entry>> list(Tenant tenant, String kind) {
        listed.add(tenant);
        return broken.contains(tenant)
                ? CompletableFuture.failedFuture(new BrokerUnavailableException("by the test"))
                : inner.store().list(tenant, kind);
    }

    @Override
    public CompletionStage<AutoCloseable> watch(Tenant tenant, String kind, Consumer<Change> listener) {
        return inner.store().watch(tenant, kind, listener);
    }

    @Override
    public String driver() {
        return inner.driver();
    }

    @Override
    public Channel channel() {
        return inner.channel();
    }

    @Override
    public Log log() {
        return inner.log();
    }

    @Override
    public Store store() {
        return this;
    }

    @Override
    public Health health() {
        return inner.health();
    }

    @Override
    public void close() {
        inner.close();
    }
}
