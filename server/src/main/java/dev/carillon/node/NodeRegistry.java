package dev.carillon.node;

import dev.carillon.base.CarillonException;
import dev.carillon.broker.BrokerAwayException;
import dev.carillon.broker.Store;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.LongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which nodes there are: each writes a record of itself to the store every two seconds, which ends fifteen seconds after the last
 * writing. A node that finds its record written by a later generation has been replaced and must stop.
 */
final class NodeRegistry {
    static final Duration TTL = Duration.ofSeconds(15);
    private static final Logger LOGGER = LoggerFactory.getLogger(NodeRegistry.class);
    private static final String KIND = "node";

    private final Store store;
    private final Store.Key key;
    private final long generation;
    private final LongFunction<NodeRecord> self;
    private final Runnable onReplaced;
    private volatile List<NodeRecord> nodes;

    private NodeRegistry(
            Store store, Store.Key key, long generation, LongFunction<NodeRecord> self, Runnable onReplaced) {
        this.store = store;
        this.key = key;
        this.generation = generation;
        this.self = self;
        this.onReplaced = onReplaced;
        this.nodes = List.of(self.apply(generation));
    }

    /**
     * Takes the next generation of a node id and writes the first record; blocks for as long as the store needs.
     *
     * @param self the record to write, of a generation
     * @param onReplaced called, perhaps more than once, when a later generation has taken over
     * @throws BrokerAwayException when the store does not answer
     */
    static NodeRegistry enter(
            Store store, String nodeId, long nowMillis, LongFunction<NodeRecord> self, Runnable onReplaced) {
        Store.Key key = new Store.Key(Tenant.SYSTEM, KIND, nodeId);
        for (int attempt = 0; attempt < 10; attempt++) {
            Optional<Store.Entry> before = join(store.get(key));
            long last = before.flatMap(e -> NodeRecord.of(e.value()))
                    .map(NodeRecord::generation)
                    .orElse(0L);
            long generation = Math.max(last + 1, nowMillis);
            long expected = before.map(Store.Entry::revision).orElse(Store.ABSENT);
            if (join(store.put(key, self.apply(generation).bytes(), expected, TTL))
                    .isPresent()) {
                return new NodeRegistry(store, key, generation, self, onReplaced);
            }
        }
        throw new BrokerAwayException("node id " + nodeId + " is being taken by others again and again");
    }

    long generation() {
        return generation;
    }

    /** The nodes as they were at the last {@link #tick}. */
    List<NodeRecord> nodes() {
        return nodes;
    }

    /** Renews the own record and reads those of the others; call it every two seconds. Never blocks. */
    void tick() {
        store.get(key)
                .thenCompose(entry -> {
                    long written = entry.flatMap(e -> NodeRecord.of(e.value()))
                            .map(NodeRecord::generation)
                            .orElse(0L);
                    if (written > generation) {
                        onReplaced.run();
                        return store.list(Tenant.SYSTEM, KIND);
                    }
                    long expected = entry.map(Store.Entry::revision).orElse(Store.ABSENT);
                    return store.put(key, self.apply(generation).bytes(), expected, TTL)
                            .thenCompose(x -> store.list(Tenant.SYSTEM, KIND));
                })
                .whenComplete((entries, e) -> {
                    if (e == null) {
                        nodes = entries.stream()
                                .flatMap(entry -> NodeRecord.of(entry.value()).stream())
                                .toList();
                    } else {
                        LOGGER.atDebug().log("the node registry was not reached: {}", e.getMessage());
                    }
                });
    }

    /** Removes the own record; does not wait. */
    CompletionStage<Boolean> leave() {
        return store.remove(key, Store.ANY);
    }

    private static <T> T join(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof CarillonException known ? known : e;
        }
    }
}
