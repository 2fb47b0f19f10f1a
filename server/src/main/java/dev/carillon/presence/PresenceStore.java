package dev.carillon.presence;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carillon.base.CarillonException;
import dev.carillon.base.RandomIds;
import dev.carillon.base.Text;
import dev.carillon.broker.Store;
import dev.carillon.presence.PresenceRecord.Stored;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Presence in the broker's store. The users of a scope are a kind of their own, so that one request lists them. The occupied scopes of a tenant, and the
 * tenants with presence, are listed too, so that a node finds what a stopped node left of scopes and tenants of which it has no client. Records expire {@link
 * #TTL} after their last renewal.
 */
final class PresenceStore {
    static final Duration TTL = Duration.ofHours(1);
    static final Duration RENEW = Duration.ofMinutes(5);

    private static final String SCOPES = "presence-scope";
    private static final String TENANTS = "presence-tenant";
    private static final String USERS = "in-";
    private static final int DIGEST_BYTES = 14;
    private static final Store.Key MARK = new Store.Key(Tenant.SYSTEM, "presence-mark", "mark");

    private final Store store;
    private final LongSupplier nanoTime;
    private final SecureRandom random;
    private final Executor threads;
    /** When each tenant's name was last written; bounded by the tenants with a user on this node. */
    private final Map<Tenant, Long> named = new ConcurrentHashMap<>();

    private volatile @Nullable String lastMark;

    /** @param threads decode long lists */
    PresenceStore(Store store, LongSupplier nanoTime, SecureRandom random, Executor threads) {
        this.store = store;
        this.nanoTime = nanoTime;
        this.random = random;
        this.threads = threads;
    }

    /**
     * Records by user.
     *
     * @param complete whether the list holds all records
     */
    record Listed(Map<String, Stored> users, boolean complete) {}

    CompletionStage<Optional<Long>> put(Subject subject, PresenceRecord record, long expectedRevision) {
        return store.put(key(subject), record.bytes(subject), expectedRevision, TTL);
    }

    CompletionStage<Boolean> remove(Subject subject, long revision) {
        return store.remove(key(subject), revision);
    }

    CompletionStage<Optional<Stored>> find(Subject subject) {
        return store.get(key(subject)).thenApply(entry -> entry.flatMap(PresenceStore::stored));
    }

    /** Completes on a thread of {@code threads}, as decoding ten thousand records takes some time. */
    CompletionStage<Listed> users(Tenant tenant, Scope scope) {
        return store.list(tenant, kind(scope))
                .thenApplyAsync(
                        entries -> {
                            Map<String, Stored> users = new HashMap<>();
                            entries.forEach(entry -> stored(entry)
                                    .ifPresent(stored -> users.put(entry.key().name(), stored)));
                            return new Listed(users, entries.size() < Store.MAX_LIST);
                        },
                        threads);
    }

    /** The records of occupied scopes, on a thread of {@code threads}. */
    CompletionStage<Map<Scope, Stored>> scopes(Tenant tenant) {
        return store.list(tenant, SCOPES)
                .thenApplyAsync(
                        entries -> {
                            Map<Scope, Stored> scopes = new HashMap<>();
                            for (Store.Entry entry : entries) {
                                PresenceRecord.read(entry.value())
                                        .flatMap(json -> scope(json)
                                                .map(scope -> Map.entry(
                                                        scope, new Stored(PresenceRecord.of(json), entry.revision()))))
                                        .ifPresent(known -> scopes.put(known.getKey(), known.getValue()));
                            }
                            return scopes;
                        },
                        threads);
    }

    /** The tenants with presence on any node. */
    CompletionStage<List<Tenant>> tenants() {
        return store.list(Tenant.SYSTEM, TENANTS)
                .thenApply(entries -> entries.stream()
                        .map(entry -> new Tenant(entry.key().name()))
                        .toList());
    }

    /** Stores the tenant's name for longer than any of its records. */
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

    void forgetNames() {
        named.clear();
    }

    /** Drops the write times of all other tenants. */
    void retainOnly(Collection<Tenant> tenants) {
        named.keySet().retainAll(tenants);
    }

    /** A random text that stays the same as long as the store keeps its data. */
    CompletionStage<String> mark() {
        return readMark().thenApply(mark -> {
            lastMark = mark;
            return mark;
        });
    }

    /** The result of the last {@link #mark}, which every sweep reads. */
    CompletionStage<String> knownMark() {
        String known = lastMark;
        return known == null ? mark() : CompletableFuture.completedFuture(known);
    }

    private CompletionStage<String> readMark() {
        return store.get(MARK).thenCompose(found -> {
            if (found.isPresent()) {
                return CompletableFuture.completedFuture(text(found.get()));
            }
            String mark = RandomIds.uuid(random).toString();
            return store.put(MARK, Text.utf8(mark), Store.ABSENT, Duration.ZERO)
                    .thenCompose(written -> written.isPresent() ? CompletableFuture.completedFuture(mark) : readMark());
        });
    }

    private static String text(Store.Entry entry) {
        return new String(entry.value(), StandardCharsets.UTF_8);
    }

    private static Optional<Stored> stored(Store.Entry entry) {
        return PresenceRecord.read(entry.value()).map(json -> new Stored(PresenceRecord.of(json), entry.revision()));
    }

    private static Optional<Scope> scope(JsonNode json) {
        try {
            return Optional.of(Scope.parse(json.path("scope").asText()));
        } catch (CarillonException e) {
            return Optional.empty();
        }
    }

    private static Store.Key key(Subject subject) {
        String user = subject.user();
        return user == null
                ? new Store.Key(subject.tenant(), SCOPES, letters(subject.scope()))
                : new Store.Key(subject.tenant(), kind(subject.scope()), user);
    }

    private static String kind(Scope scope) {
        return USERS + letters(scope);
    }

    /** A digest of the scope in the characters that a kind may have. */
    private static String letters(Scope scope) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(Text.utf8(scope.text()));
            StringBuilder letters = new StringBuilder(2 * DIGEST_BYTES);
            for (int i = 0; i < DIGEST_BYTES; i++) {
                letters.append((char) ('a' + (digest[i] >> 4 & 15))).append((char) ('a' + (digest[i] & 15)));
            }
            return letters.toString();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
