package dev.carillon.auth;

import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Caches the grants of another authorizer, as {@link TokenCache} describes. Grants of clients without a token are not cached. Thread-safe. */
public final class CachingAuthorizer implements NodeAuthorizer {
    private final Authorizer source;
    private final TokenCache<Grants> cache;
    private final UnaryOperator<Grants> check;

    /**
     * @param source authorizer whose grants are cached
     * @param clock time against which grants expire
     * @param nanoTime monotonic clock in nanoseconds, for the age of cached grants
     */
    public CachingAuthorizer(Authorizer source, InstantSource clock, LongSupplier nanoTime) {
        this(source, clock, nanoTime, grants -> grants);
    }

    /** @param check called for each request with the grants of its token, cached or not; throws {@link RefusedException} for those revoked since */
    public CachingAuthorizer(
            Authorizer source, InstantSource clock, LongSupplier nanoTime, UnaryOperator<Grants> check) {
        this.check = check;
        this.source = source;
        this.cache = new TokenCache<>(clock, nanoTime, Grants::expiresAt);
    }

    @Override
    public CompletionStage<Grants> authorize(@Nullable String token) {
        return token == null
                ? source.authorize(null)
                : cache.granted(token, source::authorize).thenApply(check);
    }

    @Override
    public Optional<Grants> last(String token) {
        return cache.last(token);
    }
}
