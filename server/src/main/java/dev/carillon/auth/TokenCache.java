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
 * Remembers for up to 60 s what tokens grant, of the 10,000 used most recently, keyed by a digest so that no token stays in
 * memory; and for 10 minutes which were good. Refusals are not remembered. What has expired is never given out. Thread-safe.
 *
 * @param <T> what a token grants
 */
public final class TokenCache<T> {
    private static final int MAX_TOKENS = 10_000;
    private static final int MAX_TOKEN_LENGTH = 16 * 1024;
    private static final Duration MAX_AGE = Duration.ofSeconds(60);
    private static final Duration KNOWN = Duration.ofMinutes(10);

    private final InstantSource clock;
    private final Function<T, @Nullable Instant> end;
    private final LongSupplier nanoTime;
    private final Cache<String, Known<T>> cache;

    private record Known<T>(T granted, long since) {}

    /** @param end when what a token grants ends; null: never */
    public TokenCache(InstantSource clock, LongSupplier nanoTime, Function<T, @Nullable Instant> end) {
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.end = end;
        this.cache = Caffeine.newBuilder()
                .maximumSize(MAX_TOKENS)
                .expireAfterWrite(KNOWN)
                .ticker(nanoTime::getAsLong)
                .build();
    }

    /**
     * What a token grants, from memory or else from the source.
     *
     * @return fails as the source does, and with {@link RefusedException} for a token of more than 16 KiB
     */
    public CompletionStage<T> granted(String token, Function<String, CompletionStage<T>> source) {
        if (token.length() > MAX_TOKEN_LENGTH) {
            return CompletableFuture.failedFuture(new RefusedException(
                    ErrorCode.TOKEN_INVALID, "the token has more than " + MAX_TOKEN_LENGTH + " characters"));
        }
        String digest = digest(token);
        Known<T> known = current(digest);
        if (known != null && nanoTime.getAsLong() - known.since() < MAX_AGE.toNanos()) {
            return CompletableFuture.completedFuture(known.granted());
        }
        return source.apply(token).whenComplete((granted, e) -> {
            if (e == null) {
                cache.put(digest, new Known<>(granted, nanoTime.getAsLong()));
            } else {
                cache.invalidate(digest);
            }
        });
    }

    /**
     * What a token granted when it was last verified, at most 10 minutes ago; empty where it was refused since or has expired. It
     * decides how a request is counted, and never what it may do.
     */
    public Optional<T> last(String token) {
        return token.length() > MAX_TOKEN_LENGTH
                ? Optional.empty()
                : Optional.ofNullable(current(digest(token))).map(Known::granted);
    }

    private @Nullable Known<T> current(String digest) {
        Known<T> known = cache.getIfPresent(digest);
        if (known == null) {
            return null;
        }
        Instant ends = end.apply(known.granted());
        return ends == null || ends.isAfter(clock.instant()) ? known : null;
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
