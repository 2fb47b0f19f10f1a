package dev.carillon.auth;

import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Maps tokens to grants. Implementations are thread-safe and never block. Wrap an implementation that calls another service in {@link
 * CachingAuthorizer}.
 */
public interface Authorizer {
    /**
     * Verifies a token and returns its grants.
     *
     * @param token the token as the client sent it, unverified, at most 16,384 characters; null: the client sent none
     * @return completes within a bounded time; fails with {@link RefusedException} if the client may not connect, and with {@link
     *     KeysUnavailableException} if the token cannot be verified at present
     */
    CompletionStage<Grants> authorize(@Nullable String token);
}
