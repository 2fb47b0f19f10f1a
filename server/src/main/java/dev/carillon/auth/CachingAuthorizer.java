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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Remembers grants for up to 60 s, those of the 10,000 tokens used most recently, keyed by a digest so that no token stays in
 * memory. Refusals are not remembered. Grants that have expired are never given out.
 */
public final class CachingAuthorizer implements Authorizer {
    private static final int MAX_TOKENS = 10_000;
    private static final int MAX_TOKEN_LENGTH = 16 * 1024;
    private static final Duration MAX_AGE = Duration.ofSeconds(60);

    private final Authorizer source;
    private final InstantSource clock;
    private final Cache<String, Grants> cache = Caffeine.newBuilder()
            .maximumSize(MAX_TOKENS)
            .expireAfterWrite(MAX_AGE)
            .build();

    public CachingAuthorizer(Authorizer source, InstantSource clock) {
        this.source = source;
        this.clock = clock;
    }

    @Override
    public CompletionStage<Grants> authorize(@Nullable String token) {
        if (token == null) {
            return source.authorize(null);
        }
        if (token.length() > MAX_TOKEN_LENGTH) {
            return CompletableFuture.failedFuture(new RefusedException(
                    ErrorCode.TOKEN_INVALID, "the token has more than " + MAX_TOKEN_LENGTH + " characters"));
        }
        String digest = digest(token);
        Grants known = cache.getIfPresent(digest);
        if (known != null) {
            Instant end = known.expiresAt();
            if (end == null || end.isAfter(clock.instant())) {
                return CompletableFuture.completedFuture(known);
            }
        }
        return source.authorize(token).thenApply(grants -> {
            cache.put(digest, grants);
            return grants;
        });
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
