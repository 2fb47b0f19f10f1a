package dev.carillon.revocation;

import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** Revokes tokens, users and sessions. Thread-safe; never blocks. */
@FunctionalInterface
public interface Revoker {
    /**
     * Revokes; completes when every node knows it, or will when it next reads the store.
     *
     * @param length how long it is in force, 1 s to 30 days
     * @return fails as the store does, and with {@code overloaded} if there are too many revocations
     */
    CompletionStage<Revocation> revoke(Revocation.Subject subject, Duration length);
}
