package dev.carillon.presence;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Takes the changes of presence for receivers outside of the cluster. Thread-safe; must not block. */
@FunctionalInterface
public interface ChangeLog {
    /** Takes nothing. */
    ChangeLog NONE = (change, key) -> CompletableFuture.completedFuture(null);

    /**
     * Appends a change.
     *
     * @param key the same for the same change, however often and on whatever node it is appended: it must be taken once
     * @return fails as the broker does; the call is then repeated
     */
    CompletionStage<Void> append(Change change, String key);
}
