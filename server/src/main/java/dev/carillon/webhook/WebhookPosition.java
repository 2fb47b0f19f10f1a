package dev.carillon.webhook;

import dev.carillon.base.Text;
import dev.carillon.broker.Store;
import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Which node delivers, and up to which position of the log it has delivered. The lease expires if its node does not renew it. The position stays; whoever
 * holds the lease changes it by compare-and-set, so that an earlier holder finds out at its next step.
 */
final class WebhookPosition {
    private static final Store.Key HOLDER = new Store.Key(Tenant.SYSTEM, "webhook", "lease");
    private static final Store.Key DELIVERED = new Store.Key(Tenant.SYSTEM, "webhook", "position");

    private final Store store;
    private final byte[] self;
    private final Duration length;

    /**
     * @param self names this start of this node
     * @param length of the lease
     */
    WebhookPosition(Store store, String self, Duration length) {
        this.store = store;
        this.self = Text.utf8(self);
        this.length = length;
    }

    /** The position and its revision. */
    record Delivered(Position position, long revision) {}

    /**
     * Acquires or renews the lease.
     *
     * @param revision of the lease that this node holds; {@link Store#ABSENT}: none
     * @return the new revision; empty: another node has it
     */
    CompletionStage<Optional<Long>> lease(long revision) {
        return store.put(HOLDER, self, revision, length)
                .thenCompose(written -> written.isPresent()
                        ? CompletableFuture.completedFuture(written)
                        : store.get(HOLDER).thenCompose(this::regain));
    }

    /** The answer to an earlier call may have been lost. */
    private CompletionStage<Optional<Long>> regain(Optional<Store.Entry> found) {
        return found.filter(entry -> Arrays.equals(entry.value(), self))
                .map(own -> store.put(HOLDER, self, own.revision(), length))
                .orElseGet(() -> CompletableFuture.completedFuture(Optional.empty()));
    }

    CompletionStage<Boolean> release(long revision) {
        return store.remove(HOLDER, revision);
    }

    /** {@link Position#NONE} if nothing was delivered, or the store has lost it. */
    CompletionStage<Delivered> read() {
        return store.get(DELIVERED)
                .thenApply(found -> found.map(entry -> new Delivered(
                                Position.parse(new String(entry.value(), StandardCharsets.UTF_8)), entry.revision()))
                        .orElse(new Delivered(Position.NONE, Store.ABSENT)));
    }

    /** @return empty: another node has changed it */
    CompletionStage<Optional<Delivered>> write(Position position, long revision) {
        return store.put(DELIVERED, Text.utf8(position.text()), revision, Duration.ZERO)
                .thenApply(written -> written.map(next -> new Delivered(position, next)));
    }
}
