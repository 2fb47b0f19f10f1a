package dev.carillon.session;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
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
 * A small map of texts for each session, in the store, so that every node has it and it outlives each of them. At most {@value
 * #MAX_BYTES} bytes; it ends 24 hours after it was last written. Thread-safe; never blocks.
 */
public final class SessionData {
    public static final int MAX_BYTES = 16 * 1024;
    private static final Duration TTL = Duration.ofHours(24);
    private static final String KIND = "session";
    /** Somebody else wrote in between each time: after so many tries there are too many at once. */
    private static final int MAX_TRIES = 50;

    private static final JsonMapper JSON = new JsonMapper();
    private static final TypeReference<TreeMap<String, String>> TYPE = new TypeReference<>() {};

    private final Store store;

    public SessionData(Store store) {
        this.store = store;
    }

    /** What is there; empty where nothing is. */
    public CompletionStage<Map<String, String>> get(Tenant tenant, String session) {
        return store.get(key(tenant, session)).thenApply(SessionData::read);
    }

    /**
     * Replaces what is there.
     *
     * @param change makes the new map from a copy of the old; may be called again when another writes at the same time, so it must do
     *     nothing else. An empty map removes all
     * @return the new map; fails with {@code too-large}, or as overloaded when too many write at once
     */
    public CompletionStage<Map<String, String>> update(
            Tenant tenant, String session, UnaryOperator<Map<String, String>> change) {
        return update(key(tenant, session), change, MAX_TRIES);
    }

    private CompletionStage<Map<String, String>> update(
            Store.Key key, UnaryOperator<Map<String, String>> change, int tries) {
        if (tries == 0) {
            return CompletableFuture.failedFuture(
                    new OverloadedException("the data of one session is written by too many at once"));
        }
        return store.get(key).thenCompose(entry -> {
            Map<String, String> next = Map.copyOf(change.apply(new TreeMap<>(read(entry))));
            long revision = entry.map(Store.Entry::revision).orElse(Store.ABSENT);
            return write(key, next, revision)
                    .thenCompose(written ->
                            written ? CompletableFuture.completedFuture(next) : update(key, change, tries - 1));
        });
    }

    private CompletionStage<Boolean> write(Store.Key key, Map<String, String> data, long revision) {
        if (data.isEmpty()) {
            return revision == Store.ABSENT ? CompletableFuture.completedFuture(true) : store.remove(key, revision);
        }
        byte[] bytes = bytes(data);
        if (bytes.length > MAX_BYTES) {
            throw new CarillonException(
                    ErrorCode.TOO_LARGE, "the data of a session has more than " + MAX_BYTES + " bytes");
        }
        return store.put(key, bytes, revision, TTL).thenApply(Optional::isPresent);
    }

    private static byte[] bytes(Map<String, String> data) {
        try {
            return JSON.writeValueAsBytes(data);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a map of texts can always be written", e);
        }
    }

    private static Map<String, String> read(Optional<Store.Entry> entry) {
        try {
            return entry.isPresent() ? JSON.readValue(entry.get().value(), TYPE) : Map.of();
        } catch (IOException e) {
            // Of another release: as good as none.
            return Map.of();
        }
    }

    private static Store.Key key(Tenant tenant, String session) {
        return new Store.Key(tenant, KIND, session);
    }
}
