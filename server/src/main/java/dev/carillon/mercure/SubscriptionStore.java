package dev.carillon.mercure;

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
 * Where the cluster keeps who subscribes: one value for each subscriber, in its tenant, and the names of the tenants that have some, so
 * that a node ends subscriptions also of tenants of which it has no client. Every value ends by itself after {@link #TTL} without a
 * renewal: a cluster that stops leaves nothing for ever.
 */
final class SubscriptionStore {
    static final Duration TTL = Duration.ofHours(1);

    /**
     * How often a value is written anew. Brokers list first what was written longest ago, so that what a dead node left behind comes to
     * the front within this time where there is more than a list holds.
     */
    static final Duration RENEW = Duration.ofMinutes(5);

    private static final String KIND = "mercure-sub";
    private static final String TENANTS = "mercure-tenant";
    private static final String ID = "urn:uuid:[0-9a-f-]{36}";

    private final Store store;
    private final LongSupplier nanoTime;
    private final Executor threads;
    /** When a tenant's name was written last; those of which this node has no client are dropped. */
    private final Map<Tenant, Long> named = new ConcurrentHashMap<>();

    /** @param threads runs what takes some time */
    SubscriptionStore(Store store, LongSupplier nanoTime, Executor threads) {
        this.store = store;
        this.nanoTime = nanoTime;
        this.threads = threads;
    }

    /** What is kept, and its revision. */
    record Stored(SubscriptionRecord subscription, long revision) {}

    /**
     * @param stored what could be read
     * @param whole whether nothing was left out
     */
    record Listed(List<Stored> stored, boolean whole) {}

    /** Fails with {@code too-large} before anything happens; else as {@link Store#put}. */
    CompletionStage<Optional<Long>> put(SubscriptionRecord subscription, long expectedRevision) {
        return store.put(key(subscription.subscriber()), subscription.bytes(), expectedRevision, TTL);
    }

    CompletionStage<Boolean> remove(Subscriber subscriber, long revision) {
        return store.remove(key(subscriber), revision);
    }

    /** @param id from outside, unchecked */
    CompletionStage<Optional<Stored>> find(Tenant tenant, String id) {
        if (!id.matches(ID)) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        return store.get(new Store.Key(tenant, KIND, id)).thenApply(entry -> entry.flatMap(SubscriptionStore::stored));
    }

    /** Continues on a thread of its own: reading ten thousand takes some time. */
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

    /** Sees to it that others know of the tenant for longer than anything of it is kept. */
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

    /** Of any node's subscribers. */
    CompletionStage<List<Tenant>> tenants() {
        return store.list(Tenant.SYSTEM, TENANTS)
                .thenApply(entries -> entries.stream()
                        .map(entry -> new Tenant(entry.key().name()))
                        .toList());
    }

    /** Forgets when the names of other tenants were written. */
    void keepOnly(Collection<Tenant> own) {
        named.keySet().retainAll(own);
    }

    private static Store.Key key(Subscriber subscriber) {
        return new Store.Key(subscriber.tenant(), KIND, subscriber.id());
    }

    private static Optional<Stored> stored(Store.Entry entry) {
        return SubscriptionRecord.of(entry).map(subscription -> new Stored(subscription, entry.revision()));
    }
}
