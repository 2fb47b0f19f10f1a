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
 * What verifies with the keys of an issuer, kept for {@link #KEPT} and renewed in the background before that ends, while it is
 * used. One fetch at a time, on a virtual thread of its own, which all who wait share; while fetching fails the old keys go on.
 * Thread-safe; never blocks.
 */
final class KeyRing {
    static final Duration KEPT = Duration.ofMinutes(10);
    static final Duration FRESH = Duration.ofMinutes(8);
    /** From the begin of one fetch to that of the next, whoever asks: tokens with random ids of keys must not become requests. */
    static final Duration PAUSE = Duration.ofSeconds(30);
    /** As long as no keys were had at all. */
    static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

    static final int MAX_WAITING = 10_000;
    private static final Logger LOGGER = LoggerFactory.getLogger(KeyRing.class);

    /** Where the keys come from; may block for some seconds. */
    interface Source {
        JwtParser fetch() throws IOException, InterruptedException;
    }

    private final String name;
    private final Source source;
    private final LongSupplier nanoTime;
    private final Executor threads;
    private final AtomicInteger waiting = new AtomicInteger();

    // All guarded by this.
    private @Nullable JwtParser known;
    private long knownSince;
    private boolean tried;
    private long triedAt;
    private boolean failing;
    private @Nullable CompletableFuture<JwtParser> fetching;

    /**
     * @param name of the issuer, for the log
     * @param threads runs each fetch, which may block
     */
    KeyRing(String name, Source source, LongSupplier nanoTime, Executor threads) {
        this.name = name;
        this.source = source;
        this.nanoTime = nanoTime;
        this.threads = threads;
    }

    /** The keys of now: at once where they are known, else after a fetch; fails with {@link KeysUnavailableException}. */
    CompletionStage<JwtParser> current() {
        JwtParser old;
        CompletableFuture<JwtParser> fetch;
        synchronized (this) {
            old = known;
            long age = nanoTime.getAsLong() - knownSince;
            if (old != null && age < FRESH.toNanos()) {
                return CompletableFuture.completedFuture(old);
            }
            fetch = fetch(old == null ? FIRST_PAUSE : PAUSE);
            if (old != null && (fetch == null || age < KEPT.toNanos())) {
                return CompletableFuture.completedFuture(old);
            }
        }
        if (fetch == null) {
            return CompletableFuture.failedFuture(away());
        }
        return old == null ? joined(fetch) : joined(fetch).exceptionally(e -> old);
    }

    /**
     * The keys after some which did not have a token's: those that were fetched since, else of a fetch now, else the same again. Fails
     * with {@link KeysUnavailableException} where newer ones cannot be had.
     */
    @SuppressWarnings("ReferenceEquality") // Each fetch makes one of its own.
    CompletionStage<JwtParser> after(JwtParser old) {
        CompletableFuture<JwtParser> fetch;
        synchronized (this) {
            JwtParser newer = known;
            if (newer != null && newer != old) {
                return CompletableFuture.completedFuture(newer);
            }
            fetch = fetch(PAUSE);
            if (fetch == null) {
                return failing ? CompletableFuture.failedFuture(away()) : CompletableFuture.completedFuture(old);
            }
        }
        return joined(fetch);
    }

    /** The fetch that is under way, else a new one; null: the last one was too short ago. */
    private @Nullable CompletableFuture<JwtParser> fetch(Duration pause) {
        long now = nanoTime.getAsLong();
        if (fetching == null && (!tried || now - triedAt >= pause.toNanos())) {
            tried = true;
            triedAt = now;
            CompletableFuture<JwtParser> begun = new CompletableFuture<>();
            fetching = begun;
            threads.execute(() -> run(begun));
        }
        return fetching;
    }

    private void run(CompletableFuture<JwtParser> begun) {
        JwtParser fetched = null;
        String failure = "the node failed";
        try {
            fetched = source.fetch();
        } catch (IOException | InterruptedException | RuntimeException e) {
            failure = String.valueOf(e.getMessage());
        } finally {
            boolean changed = ended(fetched);
            // Outside of the lock, for which I/O threads wait: what writes the log, and what runs when the fetch is
            // done.
            if (changed) {
                tell(fetched == null ? failure : null);
            }
            if (fetched == null) {
                begun.completeExceptionally(away());
            } else {
                begun.complete(fetched);
            }
        }
    }

    /** Whether fetching fails now and did not before, or the other way round. */
    private synchronized boolean ended(@Nullable JwtParser fetched) {
        fetching = null;
        if (fetched != null) {
            known = fetched;
            knownSince = triedAt;
        }
        boolean before = failing;
        failing = fetched == null;
        return failing != before;
    }

    private void tell(@Nullable String failure) {
        if (failure == null) {
            LOGGER.atInfo().addKeyValue("issuer", name).log("the keys that verify tokens are there again");
        } else {
            LOGGER.atWarn()
                    .addKeyValue("issuer", name)
                    .addKeyValue("reason", failure)
                    .log("the keys that verify tokens cannot be fetched");
        }
    }

    private CompletionStage<JwtParser> joined(CompletableFuture<JwtParser> fetch) {
        if (waiting.incrementAndGet() > MAX_WAITING) {
            waiting.decrementAndGet();
            return CompletableFuture.failedFuture(away());
        }
        return fetch.whenComplete((parser, e) -> waiting.decrementAndGet());
    }

    private static KeysUnavailableException away() {
        return new KeysUnavailableException("the keys that verify tokens cannot be had at the moment");
    }
}
