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
import java.util.function.BooleanSupplier;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The registry of nodes. Each node writes its record to the store every two seconds, with a time to live of fifteen seconds. A node that
 * finds its record written by a later generation has been replaced and must stop, unless it has started the replacement itself.
 *
 * <p>A record is a lease: it has expired when it has not been rewritten for {@link #LEASE} by the reader's own clock, counted only while
 * the store answers the reader.
 */
public final class NodeRegistry implements Peers {
    public static final Duration TTL = Duration.ofSeconds(15);
    public static final Duration LEASE = Duration.ofSeconds(7);
    /** Maximum interval between two reads; after a longer one, the leases of others are counted anew. */
    private static final Duration MAX_READ_INTERVAL = Duration.ofSeconds(5);

    private static final Logger LOGGER = LoggerFactory.getLogger(NodeRegistry.class);
    private static final String KIND = "node";

    private final Store store;
    private final Store.Key key;
    private final long generation;
    private final LongFunction<NodeRecord> self;
    private final BooleanSupplier onReplaced;
    private final LongSupplier nanoTime;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final SharedRuns refreshes = new SharedRuns(this::renewAndRead);
    private volatile List<NodeRecord> nodes;
    private volatile List<NodeRecord> recorded;
    /** A later generation was seen: this one does not write. */
    private volatile boolean replaced;
    /** A later generation was seen that was not expected: this one never writes again. */
    private volatile boolean mustStop;

    /**
     * When a record was first seen with its revision.
     *
     * @param generation -1: unknown form
     */
    private record Observation(long revision, long generation, long sinceNanos) {}

    // Below: guarded by this.
    private Map<String, Observation> seen = Map.of();
    private Set<String> ended = Set.of();
    /** When a record disappeared; removed after the length of a lease. */
    private final Map<String, Long> missingSince = new HashMap<>();

    private long readNanos;
    /** Start of the current series of reads without an interruption. */
    private long watchedSinceNanos;
    /** Completes when every write in flight has completed. */
    private CompletableFuture<?> writing = CompletableFuture.completedFuture(null);
    /** Null: the node has not left; set: nothing is written any more. */
    private @Nullable CompletionStage<Boolean> leaving;

    /**
     * The parameters of registering a node.
     *
     * @param self creates the record of a generation
     * @param onReplaced called, possibly repeatedly, when a later generation has taken over; returns whether this node stops because of that
     * @param nanoTime a monotonic clock
     */
    public record Registration(
            String nodeId, LongFunction<NodeRecord> self, BooleanSupplier onReplaced, LongSupplier nanoTime) {}

    private NodeRegistry(Store store, Store.Key key, long generation, Registration registration) {
        this.store = store;
        this.key = key;
        this.generation = generation;
        this.self = registration.self();
        this.onReplaced = registration.onReplaced();
        this.nanoTime = registration.nanoTime();
        this.nodes = List.of(self.apply(generation));
        this.recorded = nodes;
        this.readNanos = nanoTime.getAsLong();
        this.watchedSinceNanos = readNanos;
    }

    /**
     * Claims the next generation of a node id and writes the first record; blocks until the store answers.
     *
     * @throws BrokerUnavailableException when the store does not answer
     */
    public static NodeRegistry register(Store store, long nowMillis, Registration registration) {
        String nodeId = registration.nodeId();
        Store.Key key = new Store.Key(Tenant.SYSTEM, KIND, nodeId);
        for (int attempt = 0; attempt < 10; attempt++) {
            Optional<Store.Entry> before = join(store.get(key));
            long generation = Math.max(generation(before) + 1, nowMillis);
            long expected = before.map(Store.Entry::revision).orElse(Store.ABSENT);
            if (join(store.put(key, registration.self().apply(generation).bytes(), expected, TTL))
                    .isPresent()) {
                return new NodeRegistry(store, key, generation, registration);
            }
        }
        throw new BrokerUnavailableException("node id " + nodeId + " is being claimed by other processes repeatedly");
    }

    public long generation() {
        return generation;
    }

    /** The live nodes at the last {@link #tick}. */
    public List<NodeRecord> nodes() {
        return nodes;
    }

    /**
     * The nodes with a record at the last {@link #tick}, including those whose lease has expired: they may be running, cut off from the
     * store. A node whose record has expired ({@link #TTL}) is unknown.
     */
    public List<NodeRecord> recorded() {
        return recorded;
    }

    /**
     * Adds a listener, notified when a node's lease expired, a node left or restarted, and when others may have considered this node
     * failed: its record was absent, or it could not read for a while. Must not block.
     */
    public void listen(Runnable listener) {
        listeners.add(listener);
    }

    /** Renews this node's record and reads the others; call it every two seconds. Never blocks; never fails. */
    public CompletionStage<Void> tick() {
        return renewAndRead().exceptionally(e -> {
            LOGGER.atDebug().log("reading the node registry failed: {}", e.getMessage());
            return null;
        });
    }

    /** The nodes at the last {@link #tick}. */
    @Override
    public Peers.View known() {
        return this::hasEnded;
    }

    /** The nodes after one more {@link #tick}, which concurrent callers share; fails if the store does not answer. */
    @Override
    public CompletionStage<Peers.View> refresh() {
        return refreshes.run().thenApply(x -> this::hasEnded);
    }

    private CompletionStage<Void> renewAndRead() {
        return store.get(key)
                .thenCompose(entry -> write(entry)
                        .thenCompose(x -> store.list(Tenant.SYSTEM, KIND))
                        .thenAccept(entries -> {
                            if (update(entries) || entry.isEmpty() && !hasLeft()) {
                                listeners.forEach(Runnable::run);
                            }
                        }));
    }

    private CompletionStage<?> write(Optional<Store.Entry> present) {
        if (generation(present) > generation) {
            replaced = true;
            mustStop |= onReplaced.getAsBoolean();
        } else {
            // An expected replacement whose start failed has removed its record: this node then writes its own again.
            replaced = mustStop;
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

    /** 0: no readable record. */
    private static long generation(Optional<Store.Entry> present) {
        return present.flatMap(e -> NodeRecord.of(e.value()))
                .map(NodeRecord::generation)
                .orElse(0L);
    }

    private synchronized boolean hasLeft() {
        return leaving != null;
    }

    /** Returns whether listeners must be notified. */
    private synchronized boolean update(List<Store.Entry> entries) {
        long now = nanoTime.getAsLong();
        boolean interrupted = now - readNanos > MAX_READ_INTERVAL.toNanos();
        readNanos = now;
        if (interrupted) {
            watchedSinceNanos = now;
        }
        Map<String, Observation> next = new HashMap<>();
        Set<String> expired = new HashSet<>();
        List<NodeRecord> live = new ArrayList<>();
        List<NodeRecord> everyRecord = new ArrayList<>();
        boolean changed = interrupted;
        for (Store.Entry entry : entries) {
            String id = entry.key().name();
            Optional<NodeRecord> node = NodeRecord.of(entry.value());
            long life = node.map(NodeRecord::generation).orElse(-1L);
            Observation before = seen.get(id);
            Observation observation = before != null && before.revision() == entry.revision() && !interrupted
                    ? before
                    : new Observation(entry.revision(), life, now);
            next.put(id, observation);
            // A record of unknown form is still a node, which cannot be called.
            everyRecord.add(node.orElseGet(() -> new NodeRecord(id, 0, Optional.empty(), 0, 0)));
            changed |= before != null && before.generation() != life;
            if (now - observation.sinceNanos() > LEASE.toNanos()) {
                expired.add(id);
            } else {
                node.ifPresent(live::add);
            }
        }
        for (String id : expired) {
            if (!ended.contains(id)) {
                changed = true;
                LOGGER.atWarn().addKeyValue("node", id).log("the lease of a node has expired");
            }
        }
        changed |= noteMissing(next.keySet(), now);
        seen = next;
        ended = expired;
        nodes = List.copyOf(live);
        recorded = List.copyOf(everyRecord);
        return changed;
    }

    private boolean noteMissing(Set<String> present, long now) {
        boolean more = false;
        for (String id : seen.keySet()) {
            more |= !present.contains(id) && missingSince.putIfAbsent(id, now) == null;
        }
        missingSince.keySet().removeAll(present);
        missingSince.values().removeIf(since -> now - since > LEASE.toNanos());
        return more;
    }

    /** As {@link Peers.View#hasEnded}, at the last {@link #tick}. */
    public synchronized boolean hasEnded(String id, long life) {
        if (id.equals(key.name())) {
            return life < generation;
        }
        Observation present = seen.get(id);
        if (present != null) {
            return present.generation() > life || present.generation() == life && ended.contains(id);
        }
        // Nodes write their records every two seconds, so a record that the store lost is missing only briefly.
        return !missingSince.containsKey(id) && readNanos - watchedSinceNanos > LEASE.toNanos();
    }

    /**
     * Stops writing, and removes this node's record once the writes in flight have completed; never that of a later generation. Does not
     * wait. Further calls have no effect.
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
