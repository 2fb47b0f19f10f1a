package dev.carillon.node;

import dev.carillon.broker.Store;
import dev.carillon.scope.Tenant;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** A store whose operations are counted. */
final class MeasuredStore implements Store {
    private final Store store;
    private final Counter gets;
    private final Counter puts;
    private final Counter removals;
    private final Counter lists;
    private final Counter bytes;

    MeasuredStore(Store store, MeterRegistry registry) {
        this.store = store;
        this.gets = operations(registry, "get");
        this.puts = operations(registry, "put");
        this.removals = operations(registry, "remove");
        this.lists = operations(registry, "list");
        this.bytes = Counter.builder("carillon.store.written")
                .description("Values that this node has put into the store of the broker")
                .baseUnit("bytes")
                .register(registry);
    }

    private static Counter operations(MeterRegistry registry, String operation) {
        return Counter.builder("carillon.store.operations")
                .description("Operations of this node on the store of the broker")
                .tag("operation", operation)
                .register(registry);
    }

    @Override
    public CompletionStage<Optional<Entry>> get(Key key) {
        gets.increment();
        return store.get(key);
    }

    @Override
    public CompletionStage<Optional<Long>> put(Key key, byte[] value, long expectedRevision, Duration ttl) {
        puts.increment();
        bytes.increment(value.length);
        return store.put(key, value, expectedRevision, ttl);
    }

    @Override
    public CompletionStage<Boolean> remove(Key key, long expectedRevision) {
        removals.increment();
        return store.remove(key, expectedRevision);
    }

    @Override
    public CompletionStage<List<Entry>> list(Tenant tenant, String kind) {
        lists.increment();
        return store.list(tenant, kind);
    }

    @Override
    public CompletionStage<AutoCloseable> watch(Tenant tenant, String kind, Consumer<Change> listener) {
        return store.watch(tenant, kind, listener);
    }
}
