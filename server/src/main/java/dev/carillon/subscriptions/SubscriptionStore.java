package dev.carillon.subscriptions;

import dev.carillon.base.Text;
import dev.carillon.broker.Store;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/**
 * The subscribers of the cluster in the broker's store: one record for each subscriber, in its tenant, and the names of the tenants that
 * have subscribers, so that a node can end subscriptions of tenants of which it has no client. Every record expires {@link #TTL} after its
 * last renewal, so that a cluster that stops leaves nothing behind for good.
 */
final class SubscriptionStore {
    static final Duration TTL = Duration.ofHours(1);

    /**
     * How often a record is written again. Brokers list the oldest records first: when a tenant has more records than a list can hold,
     * those of a failed node reach the front of the list within this time.
     */
    static final Duration RENEW = Duration.ofMinutes(5);

    private static final String KIND = "mercure-sub";
    private static final String TENANTS = "mercure-tenant";
    private static final String ID = "urn:uuid:[0-9a-f-]{36}";

    private final Store store;
    private final LongSupplier nanoTime;
    private final Executor threads;
    /** When each tenant's name was last written; tenants without a client on this node are dropped. */
    private final Map<Tenant, Long> named = new ConcurrentHashMap<>();

    /** @param threads decode long lists */
    SubscriptionStore(Store store, LongSupplier nanoTime, Executor threads) {
        this.store = store;
        this.nanoTime = nanoTime;
        this.threads = threads;
    }

    /** A record and its revision. */
    record Stored(SubscriptionRecord subscription, long revision) {}

    /**
     * @param stored the records that could be decoded
     * @param complete whether the list holds all records
     */
    record Listed(List<Stored> stored, boolean complete) {}

    /** Writes a record as {@link Store#put} does; throws {@code too-large} before anything is written. */
    CompletionStage<Optional<Long>> put(SubscriptionRecord subscription, long expectedRevision) {
        return store.put(key(subscription.subscriber()), subscription.bytes(), expectedRevision, TTL);
    }

    CompletionStage<Boolean> remove(Subscriber subscriber, long revision) {
        return store.remove(key(subscriber), revision);
    }

    /** @param id any text: clients choose it */
    CompletionStage<Optional<Stored>> find(Tenant tenant, String id) {
        if (!id.matches(ID)) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        return store.get(new Store.Key(tenant, KIND, id)).thenApply(entry -> entry.flatMap(SubscriptionStore::stored));
    }

    /** Completes on a thread of {@code threads}, as decoding ten thousand records takes some time. */
    CompletionStage<Listed> list(Tenant tenant) {
        return store.list(tenant, KIND)
                .thenApplyAsync(
                        entries -> new Listed(
                                entries.stream()
                                        .flatMap(entry -> stored(entry).stream())
                                        .toList(),
                                entries.size() < Store.MAX_LIST),
                        threads);
    }

    /** Stores the tenant's name for longer than any of its records, so that every node finds them. */
    CompletionStage<Void> name(Tenant tenant) {
        Long before = named.get(tenant);
        long now = nanoTime.getAsLong();
        if (before != null && now - before < RENEW.toNanos()) {
            return CompletableFuture.completedFuture(null);
        }
        Store.Key key = new Store.Key(Tenant.SYSTEM, TENANTS, tenant.name());
        return store.put(key, Text.utf8(tenant.name()), Store.ANY, TTL.multipliedBy(2))
                .thenAccept(revision -> named.put(tenant, now));
    }

    /** The tenants of the subscribers of all nodes. */
    CompletionStage<List<Tenant>> tenants() {
        return store.list(Tenant.SYSTEM, TENANTS)
                .thenApply(entries -> entries.stream()
                        .map(entry -> new Tenant(entry.key().name()))
                        .toList());
    }

    /** Drops the write times of all other tenants. */
    void retainOnly(Collection<Tenant> tenants) {
        named.keySet().retainAll(tenants);
    }

    private static Store.Key key(Subscriber subscriber) {
        return new Store.Key(subscriber.tenant(), KIND, subscriber.id());
    }

    private static Optional<Stored> stored(Store.Entry entry) {
        return SubscriptionRecord.of(entry).map(subscription -> new Stored(subscription, entry.revision()));
    }
}
