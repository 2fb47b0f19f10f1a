package dev.carillon.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.ErrorCode;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class TokenCacheTest {
    private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
    private Instant now = NOW;

    @Test
    void cached_grants_are_used_for_one_minute_and_kept_for_ten() {
        AtomicLong nanos = new AtomicLong();
        AtomicInteger verifications = new AtomicInteger();
        AtomicReference<Instant> end = new AtomicReference<>(NOW.plusSeconds(3_600));
        TokenCache<Instant> cache = new TokenCache<>(() -> now, nanos::get, granted -> granted);
        Function<String, CompletionStage<Instant>> source = token -> {
            verifications.incrementAndGet();
            return end.get() == null
                    ? CompletableFuture.failedFuture(new RefusedException(ErrorCode.TOKEN_INVALID, "revoked"))
                    : CompletableFuture.completedFuture(end.get());
        };
        assertThat(cache.last("a")).isEmpty();
        cache.granted("a", source);
        nanos.set(TimeUnit.SECONDS.toNanos(59));
        cache.granted("a", source);
        assertThat(verifications).hasValue(1);

        nanos.set(TimeUnit.SECONDS.toNanos(599));
        assertThat(cache.last("a")).isPresent();
        assertThat(cache.last("b")).isEmpty();
        cache.granted("a", source);
        assertThat(verifications).hasValue(2);
        now = NOW.plusSeconds(3_600);
        assertThat(cache.last("a")).isEmpty();

        now = NOW;
        end.set(null);
        nanos.set(TimeUnit.SECONDS.toNanos(700));
        assertThat(cache.last("a")).isPresent();
        assertThat(cache.granted("a", source).toCompletableFuture()).isCompletedExceptionally();
        assertThat(cache.last("a")).isEmpty();
    }
}
