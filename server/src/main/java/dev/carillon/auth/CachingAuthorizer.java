package dev.carillon.auth;

import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Remembers grants as a {@link TokenCache} does. */
public final class CachingAuthorizer implements Authorizer {
    private final Authorizer source;
    private final TokenCache<Grants> cache;

    public CachingAuthorizer(Authorizer source, InstantSource clock, LongSupplier nanoTime) {
        this.source = source;
        this.cache = new TokenCache<>(clock, nanoTime, Grants::expiresAt);
    }

    @Override
    public CompletionStage<Grants> authorize(@Nullable String token) {
        return token == null ? source.authorize(null) : cache.granted(token, source::authorize);
    }

    /** As {@link TokenCache#last}. */
    public Optional<Grants> last(String token) {
        return cache.last(token);
    }
}
