package dev.carillon.jwt;

import dev.carillon.auth.KeysUnavailableException;
import io.jsonwebtoken.JwtParser;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Cache of a parser with an issuer's keys. Keys are valid for {@link #MAX_AGE}. A use after {@link #RENEW_AGE} renews them in the background. There is
 * one fetch at a time, and all waiting callers share it. While fetches fail, the old keys stay in use. Thread-safe; never blocks.
 */
final class KeyRing {
    static final Duration MAX_AGE = Duration.ofMinutes(10);
    static final Duration RENEW_AGE = Duration.ofMinutes(8);
    /** Minimum time between the starts of two fetches, so that tokens with random key ids do not become requests to the issuer. */
    static final Duration FETCH_INTERVAL = Duration.ofSeconds(30);
    /** Minimum time between the starts of two fetches until one succeeds. */
    static final Duration FIRST_FETCH_INTERVAL = Duration.ofSeconds(1);

    static final int MAX_WAITING = 10_000;
    private static final Logger LOGGER = LoggerFactory.getLogger(KeyRing.class);

    interface Source {
        /** Fetches the keys; may block for some seconds. */
        JwtParser fetch() throws IOException, InterruptedException;
    }

    private final String name;
    private final Source source;
    private final LongSupplier nanoTime;
    private final Executor threads;
    private final AtomicInteger waiting = new AtomicInteger();

    // The fields below are guarded by this.
    private @Nullable JwtParser keys;
    private long keysNanos;
    private boolean fetchStarted;
    private long fetchStartedNanos;
    private boolean failing;
    private @Nullable CompletableFuture<JwtParser> fetching;

    /**
     * @param name the issuer's name, for the log
     * @param nanoTime monotonic clock in nanoseconds
     * @param threads executor for fetches, which may block
     */
    KeyRing(String name, Source source, LongSupplier nanoTime, Executor threads) {
        this.name = name;
        this.source = source;
        this.nanoTime = nanoTime;
        this.threads = threads;
    }

    /**
     * The current keys, or old ones while the issuer is unavailable.
     *
     * @return complete at once if valid keys are cached, else after a fetch; fails with {@link KeysUnavailableException}
     */
    CompletionStage<JwtParser> current() {
        JwtParser old;
        CompletableFuture<JwtParser> fetch;
        synchronized (this) {
            old = keys;
            long age = nanoTime.getAsLong() - keysNanos;
            if (old != null && age < RENEW_AGE.toNanos()) {
                return CompletableFuture.completedFuture(old);
            }
            fetch = fetch(old == null ? FIRST_FETCH_INTERVAL : FETCH_INTERVAL);
            if (old != null && (fetch == null || age < MAX_AGE.toNanos())) {
                return CompletableFuture.completedFuture(old);
            }
        }
        if (fetch == null) {
            return CompletableFuture.failedFuture(unavailable());
        }
        return old == null ? awaiting(fetch) : awaiting(fetch).exceptionally(e -> old);
    }

    /**
     * Newer keys, for a token whose key is not among the old ones. They are those that were fetched since then, or else those of a new fetch. If the
     * last fetch is too recent, they are the old ones.
     *
     * @return fails with {@link KeysUnavailableException} if the last fetch failed
     */
    @SuppressWarnings("ReferenceEquality") // Each fetch creates a new parser.
    CompletionStage<JwtParser> newerThan(JwtParser old) {
        CompletableFuture<JwtParser> fetch;
        synchronized (this) {
            JwtParser newer = keys;
            if (newer != null && newer != old) {
                return CompletableFuture.completedFuture(newer);
            }
            fetch = fetch(FETCH_INTERVAL);
            if (fetch == null) {
                return failing ? CompletableFuture.failedFuture(unavailable()) : CompletableFuture.completedFuture(old);
            }
        }
        return awaiting(fetch);
    }

    /** The running fetch, or else a new one; null: the last one started less than the interval ago. */
    private @Nullable CompletableFuture<JwtParser> fetch(Duration interval) {
        long now = nanoTime.getAsLong();
        if (fetching == null && (!fetchStarted || now - fetchStartedNanos >= interval.toNanos())) {
            fetchStarted = true;
            fetchStartedNanos = now;
            CompletableFuture<JwtParser> result = new CompletableFuture<>();
            fetching = result;
            threads.execute(() -> run(result));
        }
        return fetching;
    }

    private void run(CompletableFuture<JwtParser> result) {
        JwtParser fetched = null;
        String failure = "internal error";
        try {
            fetched = source.fetch();
        } catch (IOException | InterruptedException | RuntimeException e) {
            failure = String.valueOf(e.getMessage());
        } finally {
            boolean changed = record(fetched);
            // I/O threads wait for the lock, so logging and completion run outside of it.
            if (changed) {
                log(fetched == null ? failure : null);
            }
            if (fetched == null) {
                result.completeExceptionally(unavailable());
            } else {
                result.complete(fetched);
            }
        }
    }

    /**
     * Records the result of a fetch.
     *
     * @param fetched null: the fetch failed
     * @return whether fetches began to fail, or succeed again
     */
    private synchronized boolean record(@Nullable JwtParser fetched) {
        fetching = null;
        if (fetched != null) {
            keys = fetched;
            keysNanos = fetchStartedNanos;
        }
        boolean before = failing;
        failing = fetched == null;
        return failing != before;
    }

    private void log(@Nullable String failure) {
        if (failure == null) {
            LOGGER.atInfo().addKeyValue("issuer", name).log("token verification keys fetched again");
        } else {
            LOGGER.atWarn()
                    .addKeyValue("issuer", name)
                    .addKeyValue("reason", failure)
                    .log("cannot fetch token verification keys");
        }
    }

    private CompletionStage<JwtParser> awaiting(CompletableFuture<JwtParser> fetch) {
        if (waiting.incrementAndGet() > MAX_WAITING) {
            waiting.decrementAndGet();
            return CompletableFuture.failedFuture(unavailable());
        }
        return fetch.whenComplete((parser, e) -> waiting.decrementAndGet());
    }

    private static KeysUnavailableException unavailable() {
        return new KeysUnavailableException("the token verification keys are unavailable: retry in some seconds");
    }
}
