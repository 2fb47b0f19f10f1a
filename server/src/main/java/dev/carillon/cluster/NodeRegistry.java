package dev.carillon.cluster;

import dev.carillon.base.CarillonException;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Store;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which nodes there are: each writes a record of itself to the store every two seconds, which ends fifteen seconds after the last
 * writing. A node that finds its record written by a later generation has been replaced and must stop.
 *
 * <p>A record is a lease: its node is gone when the record has not been written anew for {@link #LEASE} by the reader's own clock,
 * counted only while the store answers the reader.
 */
public final class NodeRegistry {
    public static final Duration TTL = Duration.ofSeconds(15);
    public static final Duration LEASE = Duration.ofSeconds(7);
    /** Between two readings that were further apart the others could not be watched. */
    private static final Duration BLIND = Duration.ofSeconds(5);

    private static final Logger LOGGER = LoggerFactory.getLogger(NodeRegistry.class);
    private static final String KIND = "node";

    private final Store store;
    private final Store.Key key;
    private final long generation;
    private final LongFunction<NodeRecord> self;
    private final Runnable onReplaced;
    private final LongSupplier nanoTime;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private volatile List<NodeRecord> nodes;
    private volatile List<NodeRecord> recorded;
    /** A later generation was seen: this one writes nothing any more. */
    private volatile boolean replaced;

    /**
     * When a record was first seen with its revision.
     *
     * @param generation -1: of a form that is not known
     */
    private record Seen(long revision, long generation, long sinceNanos) {}

    // Below: guarded by this.
    private Map<String, Seen> seen = Map.of();
    private Set<String> gone = Set.of();
    /** When a record was first missed that had been there; for the length of a lease. */
    private final Map<String, Long> missed = new HashMap<>();

    private long readNanos;
    /** Since when there was no reading without the one before. */
    private long watchingSinceNanos;
    /** Ends when every write that was begun has ended. */
    private CompletableFuture<?> writing = CompletableFuture.completedFuture(null);
    /** Null: the node has not left; set: nothing is written any more. */
    private @Nullable CompletionStage<Boolean> leaving;

    /**
     * What a node enters with.
     *
     * @param self the record to write, of a generation
     * @param onReplaced called, perhaps more than once, when a later generation has taken over
     * @param nanoTime a clock that only rises
     */
    public record Entrant(String nodeId, LongFunction<NodeRecord> self, Runnable onReplaced, LongSupplier nanoTime) {}

    private NodeRegistry(Store store, Store.Key key, long generation, Entrant entrant) {
        this.store = store;
        this.key = key;
        this.generation = generation;
        this.self = entrant.self();
        this.onReplaced = entrant.onReplaced();
        this.nanoTime = entrant.nanoTime();
        this.nodes = List.of(self.apply(generation));
        this.recorded = nodes;
        this.readNanos = nanoTime.getAsLong();
        this.watchingSinceNanos = readNanos;
    }

    /**
     * Takes the next generation of a node id and writes the first record; blocks for as long as the store needs.
     *
     * @throws BrokerUnavailableException when the store does not answer
     */
    public static NodeRegistry enter(Store store, long nowMillis, Entrant entrant) {
        String nodeId = entrant.nodeId();
        Store.Key key = new Store.Key(Tenant.SYSTEM, KIND, nodeId);
        for (int attempt = 0; attempt < 10; attempt++) {
            Optional<Store.Entry> before = join(store.get(key));
            long generation = Math.max(generation(before) + 1, nowMillis);
            long expected = before.map(Store.Entry::revision).orElse(Store.ABSENT);
            if (join(store.put(key, entrant.self().apply(generation).bytes(), expected, TTL))
                    .isPresent()) {
                return new NodeRegistry(store, key, generation, entrant);
            }
        }
        throw new BrokerUnavailableException("node id " + nodeId + " is being taken by others again and again");
    }

    public long generation() {
        return generation;
    }

    /** The nodes as they were at the last {@link #tick}. */
    public List<NodeRecord> nodes() {
        return nodes;
    }

    /**
     * The nodes that had a record at the last {@link #tick}: with those that are gone but may live, cut off from the store. A node whose
     * record has ended ({@link #TTL}) is not known any more.
     */
    public List<NodeRecord> recorded() {
        return recorded;
    }

    /**
     * Adds a listener, told when a node is gone, left, or began a new life, and when others may have taken this node for gone: it was not
     * heard of, or could not read for a while. Must not block.
     */
    public void listen(Runnable listener) {
        listeners.add(listener);
    }

    /** Renews the own record and reads those of the others; call it every two seconds. Never blocks; fails with nothing. */
    public CompletionStage<Void> tick() {
        return read().exceptionally(e -> {
            LOGGER.atDebug().log("the node registry was not reached: {}", e.getMessage());
            return null;
        });
    }

    /** The nodes as they are after one more {@link #tick}; fails where the store was not reached. */
    public CompletionStage<Peers.View> look() {
        return read().thenApply(x -> this::isGone);
    }

    private CompletionStage<Void> read() {
        return store.get(key)
                .thenCompose(entry -> write(entry)
                        .thenCompose(x -> store.list(Tenant.SYSTEM, KIND))
                        .thenAccept(entries -> {
                            if (take(entries) || entry.isEmpty() && !hasLeft()) {
                                listeners.forEach(Runnable::run);
                            }
                        }));
    }

    private CompletionStage<?> write(Optional<Store.Entry> present) {
        if (generation(present) > generation) {
            replaced = true;
            onReplaced.run();
        }
        long expected = present.map(Store.Entry::revision).orElse(Store.ABSENT);
        byte[] record = self.apply(generation).bytes();
        synchronized (this) {
            if (replaced || leaving != null) {
                return CompletableFuture.completedFuture(null);
            }
            CompletableFuture<?> put = store.put(key, record, expected, TTL).toCompletableFuture();
            writing = CompletableFuture.allOf(writing, put).exceptionally(e -> null);
            return put;
        }
    }

    /** 0: none that can be read. */
    private static long generation(Optional<Store.Entry> present) {
        return present.flatMap(e -> NodeRecord.of(e.value()))
                .map(NodeRecord::generation)
                .orElse(0L);
    }

    private synchronized boolean hasLeft() {
        return leaving != null;
    }

    /** Answers whether there is something to tell. */
    private synchronized boolean take(List<Store.Entry> entries) {
        long now = nanoTime.getAsLong();
        boolean blind = now - readNanos > BLIND.toNanos();
        readNanos = now;
        if (blind) {
            watchingSinceNanos = now;
        }
        Map<String, Seen> next = new HashMap<>();
        Set<String> over = new HashSet<>();
        List<NodeRecord> living = new ArrayList<>();
        List<NodeRecord> all = new ArrayList<>();
        boolean changed = blind;
        for (Store.Entry entry : entries) {
            String id = entry.key().name();
            Optional<NodeRecord> node = NodeRecord.of(entry.value());
            long life = node.map(NodeRecord::generation).orElse(-1L);
            Seen before = seen.get(id);
            Seen as = before != null && before.revision() == entry.revision() && !blind
                    ? before
                    : new Seen(entry.revision(), life, now);
            next.put(id, as);
            // One of a form that is not known is a node nevertheless, which cannot be called.
            all.add(node.orElseGet(() -> new NodeRecord(id, 0, Optional.empty(), 0, 0)));
            changed |= before != null && before.generation() != life;
            if (now - as.sinceNanos() > LEASE.toNanos()) {
                over.add(id);
            } else {
                node.ifPresent(living::add);
            }
        }
        for (String id : over) {
            if (!gone.contains(id)) {
                changed = true;
                LOGGER.atWarn().addKeyValue("node", id).log("a node is gone");
            }
        }
        changed |= miss(next.keySet(), now);
        seen = next;
        gone = over;
        nodes = List.copyOf(living);
        recorded = List.copyOf(all);
        return changed;
    }

    private boolean miss(Set<String> there, long now) {
        boolean more = false;
        for (String id : seen.keySet()) {
            more |= !there.contains(id) && missed.putIfAbsent(id, now) == null;
        }
        missed.keySet().removeAll(there);
        missed.values().removeIf(since -> now - since > LEASE.toNanos());
        return more;
    }

    /** As {@link Peers.View#isGone}, at the last {@link #tick}. */
    public synchronized boolean isGone(String id, long life) {
        if (id.equals(key.name())) {
            return life < generation;
        }
        Seen there = seen.get(id);
        if (there != null) {
            return there.generation() > life || there.generation() == life && gone.contains(id);
        }
        // A node writes its record every two seconds: it is only missed for a moment where the store lost it.
        return !missed.containsKey(id) && readNanos - watchingSinceNanos > LEASE.toNanos();
    }

    /**
     * Writes nothing any more, and removes the own record when the writes that were begun have ended; never that of a later generation.
     * Does not wait. Called again, it does nothing more.
     *
     * @return whether a record was removed
     */
    public synchronized CompletionStage<Boolean> leave() {
        if (leaving == null) {
            leaving = writing.thenCompose(x -> store.get(key))
                    .thenCompose(entry -> generation(entry) == generation
                            ? store.remove(key, entry.orElseThrow().revision())
                            : CompletableFuture.completedFuture(false));
        }
        return leaving;
    }

    private static <T> T join(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof CarillonException known ? known : e;
        }
    }
}
