package dev.carillon.session;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.broker.OverloadedException;
import dev.carillon.broker.Store;
import dev.carillon.scope.Tenant;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;

/**
 * A small map of strings for each session. It is in the store of the broker, so that every node can read it and it outlives each node. At most
 * {@value #MAX_BYTES} bytes; it expires 24 hours after the last write. Thread-safe; never blocks.
 */
public final class SessionData {
    public static final int MAX_BYTES = 16 * 1024;
    private static final Duration TTL = Duration.ofHours(24);
    private static final String KIND = "session";
    /** Attempts when other writers interfere; after that the update fails as overloaded. */
    private static final int MAX_TRIES = 50;

    private static final JsonMapper JSON = new JsonMapper();

    private final Store store;

    public SessionData(Store store) {
        this.store = store;
    }

    /** The data of a session; empty when there is none. */
    public CompletionStage<Map<String, String>> get(Tenant tenant, String session) {
        return store.get(key(tenant, session)).thenApply(SessionData::read);
    }

    /**
     * Replaces the data of a session atomically.
     *
     * @param change computes the new map from a copy of the old one; it may be called again when another writer interferes, so it must have no
     *     other effect. An empty map removes the data
     * @return the new map; fails with {@code too-large}, or with {@code overloaded} when too many writers interfere
     */
    public CompletionStage<Map<String, String>> update(
            Tenant tenant, String session, UnaryOperator<Map<String, String>> change) {
        return update(key(tenant, session), change, MAX_TRIES);
    }

    private CompletionStage<Map<String, String>> update(
            Store.Key key, UnaryOperator<Map<String, String>> change, int tries) {
        if (tries == 0) {
            return CompletableFuture.failedFuture(
                    new OverloadedException("too many concurrent writes to the data of one session"));
        }
        return store.get(key).thenCompose(entry -> {
            ObjectNode stored = members(entry);
            Map<String, String> next = Map.copyOf(change.apply(texts(stored)));
            stored.properties().removeIf(member -> member.getValue().isTextual());
            next.forEach(stored::put);
            long revision = entry.map(Store.Entry::revision).orElse(Store.ABSENT);
            return write(key, stored, revision)
                    .thenCompose(written ->
                            written ? CompletableFuture.completedFuture(next) : update(key, change, tries - 1));
        });
    }

    private CompletionStage<Boolean> write(Store.Key key, ObjectNode data, long revision) {
        if (data.isEmpty()) {
            return revision == Store.ABSENT ? CompletableFuture.completedFuture(true) : store.remove(key, revision);
        }
        byte[] bytes = Text.utf8(data.toString());
        if (bytes.length > MAX_BYTES) {
            throw new CarillonException(ErrorCode.TOO_LARGE, "the data of a session exceeds " + MAX_BYTES + " bytes");
        }
        return store.put(key, bytes, revision, TTL).thenApply(Optional::isPresent);
    }

    static Map<String, String> read(Optional<Store.Entry> entry) {
        return texts(members(entry));
    }

    /** Members of other types are those of a later release: an update keeps them. */
    private static Map<String, String> texts(ObjectNode stored) {
        Map<String, String> data = new TreeMap<>();
        stored.properties().forEach(member -> {
            if (member.getValue().isTextual()) {
                data.put(member.getKey(), member.getValue().textValue());
            }
        });
        return data;
    }

    private static ObjectNode members(Optional<Store.Entry> entry) {
        try {
            if (entry.isPresent() && JSON.readTree(entry.get().value()) instanceof ObjectNode stored) {
                return stored;
            }
        } catch (IOException e) {
            // Written by another release in an unknown form: treated as no data.
        }
        return JSON.createObjectNode();
    }

    private static Store.Key key(Tenant tenant, String session) {
        return new Store.Key(tenant, KIND, session);
    }
}
