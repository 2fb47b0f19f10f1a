package dev.carillon.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.carillon.base.ErrorCode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Caches the grants of up to 10,000 tokens. Cached grants are valid for 60 s, and are kept for 10 minutes for {@link #last}. The keys are digests, so
 * that no token stays in memory. Refusals are not cached, and expired grants are not returned. Thread-safe.
 *
 * @param <T> grants of a token
 */
public final class TokenCache<T> {
    private static final int MAX_TOKENS = 10_000;
    private static final int MAX_TOKEN_LENGTH = 16 * 1024;
    private static final Duration MAX_AGE = Duration.ofSeconds(60);
    private static final Duration MAX_LAST_AGE = Duration.ofMinutes(10);

    private final InstantSource clock;
    private final Function<T, @Nullable Instant> expiry;
    private final LongSupplier nanoTime;
    private final Cache<String, Cached<T>> cache;

    private record Cached<T>(T granted, long verifiedNanos) {}

    /**
     * @param nanoTime monotonic clock in nanoseconds, for the age of cached grants
     * @param expiry end of a token's grants by {@code clock}; null: never
     */
    public TokenCache(InstantSource clock, LongSupplier nanoTime, Function<T, @Nullable Instant> expiry) {
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.expiry = expiry;
        this.cache = Caffeine.newBuilder()
                .maximumSize(MAX_TOKENS)
                .expireAfterWrite(MAX_LAST_AGE)
                .ticker(nanoTime::getAsLong)
                .build();
    }

    /**
     * The grants of a token, cached or from the source.
     *
     * @return fails as the source does, and with {@link RefusedException} if the token has more than 16,384 characters
     */
    public CompletionStage<T> granted(String token, Function<String, CompletionStage<T>> source) {
        if (token.length() > MAX_TOKEN_LENGTH) {
            return CompletableFuture.failedFuture(new RefusedException(
                    ErrorCode.TOKEN_INVALID,
                    "the token must have at most " + MAX_TOKEN_LENGTH + " characters, but has " + token.length()));
        }
        String digest = digest(token);
        Cached<T> cached = current(digest);
        if (cached != null && nanoTime.getAsLong() - cached.verifiedNanos() < MAX_AGE.toNanos()) {
            return CompletableFuture.completedFuture(cached.granted());
        }
        return source.apply(token).whenComplete((granted, e) -> {
            if (e == null) {
                cache.put(digest, new Cached<>(granted, nanoTime.getAsLong()));
            } else {
                cache.invalidate(digest);
            }
        });
    }

    /**
     * The grants of a token when it was last verified, at most 10 minutes ago; empty if it was refused since then or has expired. Use it only to
     * count requests, never to decide about access.
     */
    public Optional<T> last(String token) {
        return token.length() > MAX_TOKEN_LENGTH
                ? Optional.empty()
                : Optional.ofNullable(current(digest(token))).map(Cached::granted);
    }

    private @Nullable Cached<T> current(String digest) {
        Cached<T> cached = cache.getIfPresent(digest);
        if (cached == null) {
            return null;
        }
        Instant ends = expiry.apply(cached.granted());
        return ends == null || ends.isAfter(clock.instant()) ? cached : null;
    }

    private static String digest(String token) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
