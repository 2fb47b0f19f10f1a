package dev.carillon.lab.simulation;

import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Store;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** The store of a simulation without contexts: nothing that runs in it needs one yet. */
final class UnavailableStore implements Store {
    private static <T> CompletionStage<T> refused() {
        return CompletableFuture.failedFuture(new BrokerUnavailableException("the simulation has no store"));
    }

    @Override
    public CompletionStage<Optional<Entry>> get(Key key) {
        return refused();
    }

    @Override
    public CompletionStage<Optional<Long>> put(Key key, byte[] value, long expectedRevision, Duration ttl) {
        return refused();
    }

    @Override
    public CompletionStage<Boolean> remove(Key key, long expectedRevision) {
        return refused();
    }

    @Override
    public CompletionStage<List<Entry>> list(Tenant tenant, String kind) {
        return refused();
    }

    @Override
    public CompletionStage<AutoCloseable> watch(Tenant tenant, String kind, Consumer<Change> listener) {
        return refused();
    }
}
