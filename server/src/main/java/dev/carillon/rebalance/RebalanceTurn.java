package dev.carillon.rebalance;

import dev.carillon.base.Text;
import dev.carillon.broker.Store;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The right to rebalance: a value of the store that one node can put, and that expires when it is not renewed, as after a crash. Not a lease of the cluster,
 * which some node would always hold: any node may be the one that an operator asks. Two nodes with it, after a store has lost its data, release too many
 * streams for one round at most. Used by one thread at a time.
 */
final class RebalanceTurn {
    static final Store.Key KEY = new Store.Key(Tenant.SYSTEM, "rebalance", "turn");
    static final Duration LENGTH = Duration.ofSeconds(15);

    private final Store store;
    private final String self;
    private volatile OptionalLong revision = OptionalLong.empty();

    /** @param self names this life of this node */
    RebalanceTurn(Store store, String self) {
        this.store = store;
        this.self = self;
    }

    /** Completes with whether this node has the turn now; fails as the store does. */
    CompletionStage<Boolean> take() {
        return put(Store.ABSENT);
    }

    /** Extends the turn; false: it was lost. */
    CompletionStage<Boolean> renew() {
        return revision.isPresent() ? put(revision.getAsLong()) : CompletableFuture.completedFuture(false);
    }

    private CompletionStage<Boolean> put(long expected) {
        return store.put(KEY, Text.utf8(self), expected, LENGTH).thenApply(written -> {
            revision = written.map(OptionalLong::of).orElseGet(OptionalLong::empty);
            return written.isPresent();
        });
    }

    /** Gives the turn back. */
    CompletionStage<Boolean> giveBack() {
        OptionalLong last = revision;
        revision = OptionalLong.empty();
        return last.isPresent() ? store.remove(KEY, last.getAsLong()) : CompletableFuture.completedFuture(false);
    }
}
