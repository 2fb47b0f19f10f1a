package dev.carillon.auth;

import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Decides what the holder of a token may do. Implementations are thread-safe and never block; wrap one that asks elsewhere in
 * {@link CachingAuthorizer}.
 */
public interface Authorizer {
    /**
     * The grants of a token's holder.
     *
     * @param token as the client presented it, unverified, at most 16 KiB; null: none
     * @return within a bounded time; fails with {@link RefusedException} where the holder may not even connect
     */
    CompletionStage<Grants> authorize(@Nullable String token);
}
