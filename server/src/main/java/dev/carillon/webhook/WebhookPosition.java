package dev.carillon.webhook;

import dev.carillon.base.Text;
import dev.carillon.broker.Store;
import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Up to which position of the log changes were delivered; changed by compare-and-set, so that an earlier holder of the lease finds out at its next step. */
final class WebhookPosition {
    private static final Store.Key DELIVERED = new Store.Key(Tenant.SYSTEM, "webhook", "position");

    private final Store store;

    WebhookPosition(Store store) {
        this.store = store;
    }

    /** The position and its revision. */
    record Delivered(Position position, long revision) {}

    /** {@link Position#NONE} if nothing was delivered, or the store has lost it. */
    CompletionStage<Delivered> read() {
        return store.get(DELIVERED)
                .thenApply(found -> found.map(entry -> new Delivered(position(entry.value()), entry.revision()))
                        .orElse(new Delivered(Position.NONE, Store.ABSENT)));
    }

    /** The first word: a later release may add others. */
    static Position position(byte[] value) {
        return Position.parse(new String(value, StandardCharsets.UTF_8).split(" ", 2)[0]);
    }

    /** @return empty: another node has changed it */
    CompletionStage<Optional<Delivered>> write(Position position, long revision) {
        return store.put(DELIVERED, Text.utf8(position.text()), revision, Duration.ZERO)
                .thenApply(written -> written.map(next -> new Delivered(position, next)));
    }
}
