package dev.carillon.cluster;

import dev.carillon.base.Text;
import dev.carillon.broker.Store;
import dev.carillon.scope.Tenant;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Identity of the cluster: a random text that the first node writes to the store and all others read. Nodes with different texts share no
 * broker. If the store loses its data, the cluster gets a new identity.
 */
public final class ClusterIdentity {
    private static final Logger LOGGER = LoggerFactory.getLogger(ClusterIdentity.class);
    private static final Store.Key KEY = new Store.Key(Tenant.SYSTEM, "cluster", "id");

    private final Store store;
    private final SecureRandom random;
    private volatile String text = "";

    private ClusterIdentity(Store store, SecureRandom random) {
        this.store = store;
        this.random = random;
    }

    /** Starts reading the identity; does not wait for the store. */
    public static ClusterIdentity start(Store store, SecureRandom random) {
        ClusterIdentity identity = new ClusterIdentity(store, random);
        CompletionStage<Void> _ = identity.refresh();
        return identity;
    }

    /** The identity read by the last {@link #refresh}; empty before the first. */
    public Optional<String> text() {
        return Optional.of(text).filter(known -> !known.isEmpty());
    }

    /** Reads the identity, and writes one if there is none; call it every two seconds. Never blocks; never fails. */
    public CompletionStage<Void> refresh() {
        return store.get(KEY)
                .thenCompose(found -> found.map(entry -> CompletableFuture.completedStage(
                                Optional.of(new String(entry.value(), StandardCharsets.UTF_8))))
                        .orElseGet(this::write))
                // Empty: another node has just written one, which the next call reads.
                .thenAccept(found -> found.ifPresent(known -> text = known))
                .exceptionally(e -> {
                    LOGGER.atDebug().log("reading the cluster identity failed: {}", e.getMessage());
                    return null;
                });
    }

    private CompletionStage<Optional<String>> write() {
        byte[] bytes = new byte[8];
        random.nextBytes(bytes);
        String fresh = HexFormat.of().formatHex(bytes);
        return store.put(KEY, Text.utf8(fresh), Store.ABSENT, Duration.ZERO)
                .thenApply(revision -> revision.map(r -> fresh));
    }
}
