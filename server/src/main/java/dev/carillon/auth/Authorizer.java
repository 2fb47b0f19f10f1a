package dev.carillon.auth;

import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Maps tokens to grants. Implementations are thread-safe and never block. A node keeps the grants of a token for {@code authorizer-cache}; while a
 * connection with the token is open, it asks {@link #recheck} again after that time, and when an operator invalidates them.
 *
 * <p>An authorizer that fails with {@link AuthorizerUnavailableException} is treated as the setting {@code authorizer-unavailable} says.
 */
public interface Authorizer {
    /**
     * Verifies a token and returns its grants.
     *
     * @param token the token as the client sent it, unverified, at most 16,384 characters; null: the client sent none
     * @return completes within a bounded time; fails with {@link RefusedException} if the client may not connect, and with {@link
     *     KeysUnavailableException} or {@link AuthorizerUnavailableException} if the token cannot be verified at present
     */
    CompletionStage<Grants> authorize(@Nullable String token);

    /**
     * Returns the current grants of a token with which connections are open. If the tenant or the user is another one, the connections are closed.
     *
     * @param before the grants that the token had
     * @return as {@link #authorize}; {@link RefusedException} closes the connections. Default: the grants of before
     */
    default CompletionStage<Grants> recheck(String token, Grants before) {
        return CompletableFuture.completedFuture(before);
    }

    /**
     * Decides which scopes a client may read: join them, and receive their private events. Called only for grants that {@linkplain Grants#asks ask} it, with
     * scopes that {@link Grants#read} does not cover.
     *
     * @return those of the scopes that the client may read; the node keeps them for {@code authorizer-cache}. Default: none
     */
    default CompletionStage<Set<Scope>> mayRead(Grants client, Set<Scope> scopes) {
        return CompletableFuture.completedFuture(Set.of());
    }

    /**
     * Decides whether a client may broadcast an event, and who receives it. Called only for grants that {@linkplain Grants#asks ask} it, with events of which
     * {@link Grants#broadcast} does not cover every scope.
     *
     * @return default: refused
     */
    default CompletionStage<BroadcastDecision> mayBroadcast(Grants client, Event event) {
        return CompletableFuture.completedFuture(new BroadcastDecision.Refused());
    }
}
