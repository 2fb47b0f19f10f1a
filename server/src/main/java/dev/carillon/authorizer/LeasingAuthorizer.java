package dev.carillon.authorizer;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.carillon.auth.Authorizer;
import dev.carillon.auth.AuthorizerUnavailableException;
import dev.carillon.auth.Grants;
import dev.carillon.auth.NodeAuthorizer;
import dev.carillon.auth.RefusedException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.base.TimeLimit;
import dev.carillon.scope.Scope;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the answers of an authorizer: those about {@value #MAX_TOKENS} tokens and {@value #MAX_READS} decisions about scopes; the least used ones are dropped.
 * Requests with the same token at the same time cost one question. The tokens stay in memory, because they are asked about again while connections are open.
 * Refusals are not kept. Thread-safe; never blocks.
 */
public final class LeasingAuthorizer implements NodeAuthorizer {
    static final int MAX_TOKENS = 10_000;
    private static final int MAX_READS = 100_000;
    private static final int MAX_TOKEN_LENGTH = 16 * 1024;
    private static final Duration MIN_KEPT = Duration.ofMinutes(10);
    /** Beyond the longest authorizer-timeout: for Java authorizers, which have no limit of their own. */
    private static final Duration MAX_ANSWER_TIME = Duration.ofSeconds(35);

    private final Authorizer source;
    private final AuthorizerConfig config;
    private final Platform platform;
    private final BooleanSupplier room;
    private final UnaryOperator<Grants> check;
    private final Runnable onWithdrawn;
    private final TimeLimit limit;
    private final Invalidations invalidations = new Invalidations();
    private final Cache<String, TokenLease> leases;
    private final Cache<ReadKey, ReadAnswer> reads;
    /** Questions about new tokens, by digest. Bounded by the requests that wait for them. */
    private final Map<String, CompletableFuture<Grants>> asked = new ConcurrentHashMap<>();

    /** Questions about scopes. Bounded by the requests and connections that wait for them. */
    private final Map<ReadQuestion, CompletableFuture<Set<Scope>>> askedReads = new ConcurrentHashMap<>();

    private record ReadKey(TokenLease lease, Scope scope) {}

    /** @param since number of the last invalidation before the question */
    private record ReadAnswer(boolean allowed, long round, long askedNanos, long since) {
        ReadAnswer later(ReadAnswer other) {
            return other.askedNanos - askedNanos >= 0 ? other : this;
        }
    }

    /** @param since number of the last invalidation before the question: a later one needs another answer */
    private record ReadQuestion(TokenLease lease, long round, long since, Set<Scope> scopes) {}

    /**
     * @param source authorizer whose answers are kept
     * @param room whether a question about an open connection should be asked now, rather than a second later
     * @param check called for each request with the grants of its token, cached or not; throws {@link RefusedException} for those revoked since
     * @param onWithdrawn called when connections must close, on any thread; must not block
     */
    public LeasingAuthorizer(
            Authorizer source,
            AuthorizerConfig config,
            BooleanSupplier room,
            UnaryOperator<Grants> check,
            Runnable onWithdrawn,
            Platform platform) {
        this.source = source;
        this.config = config;
        this.platform = platform;
        this.room = room;
        this.check = check;
        this.onWithdrawn = onWithdrawn;
        this.limit = new TimeLimit(MAX_ANSWER_TIME, platform.timer());
        Duration used = config.cache().multipliedBy(2).plus(config.stale());
        Duration kept = used.compareTo(MIN_KEPT) > 0 ? used : MIN_KEPT;
        this.leases = Caffeine.newBuilder()
                .maximumSize(MAX_TOKENS)
                .expireAfterAccess(kept)
                .ticker(platform.nanoTime()::getAsLong)
                .build();
        this.reads = Caffeine.newBuilder()
                .maximumSize(MAX_READS)
                .expireAfterWrite(used)
                .ticker(platform.nanoTime()::getAsLong)
                .build();
    }

    @Override
    public CompletionStage<Grants> authorize(@Nullable String token) {
        if (token == null) {
            return answer(() -> source.authorize(null));
        }
        if (token.length() > MAX_TOKEN_LENGTH) {
            return CompletableFuture.failedFuture(new RefusedException(
                    ErrorCode.TOKEN_INVALID,
                    "the token must have at most " + MAX_TOKEN_LENGTH + " characters, but has " + token.length()));
        }
        String digest = TokenDigest.of(token);
        TokenLease lease = leases.getIfPresent(digest);
        CompletionStage<Grants> grants = lease != null && lease.isFresh()
                ? CompletableFuture.completedFuture(lease.grants())
                : ask(token, digest);
        return grants.thenApply(check);
    }

    /** One question for all requests that wait for the same token. */
    private CompletionStage<Grants> ask(String token, String digest) {
        CompletableFuture<Grants> mine = new CompletableFuture<>();
        CompletableFuture<Grants> before = asked.putIfAbsent(digest, mine);
        if (before != null) {
            return before.copy();
        }
        long since = invalidations.number();
        long began = nanoTime();
        CompletionStage<Grants> _ = answer(() -> source.authorize(token)).whenComplete((grants, e) -> {
            boolean _ = asked.remove(digest, mine);
            try {
                if (e == null) {
                    mine.complete(accepted(token, digest, grants, began, since));
                } else {
                    refused(digest, cause(e), mine);
                }
            } catch (RuntimeException failure) {
                mine.completeExceptionally(failure);
            }
        });
        return mine.copy();
    }

    /** Open connections of the token share the new answer, if it is about the same client. */
    private Grants accepted(String token, String digest, Grants grants, long began, long since) {
        TokenLease known = leases.getIfPresent(digest);
        if (known != null && known.isOpen() && known.renew(grants, began, since)) {
            return known.grants();
        }
        TokenLease fresh = new TokenLease(this, token, grants, began, since);
        leases.put(digest, fresh);
        if (known != null) {
            known.expire();
        }
        return fresh.grants();
    }

    private void refused(String digest, Throwable failure, CompletableFuture<Grants> answer) {
        TokenLease known = leases.getIfPresent(digest);
        if (known != null
                && failure instanceof AuthorizerUnavailableException
                && config.useCached()
                && known.isUsable()) {
            answer.complete(known.grants());
            return;
        }
        if (known != null && failure instanceof RefusedException) {
            leases.invalidate(digest);
            known.expire();
        }
        answer.completeExceptionally(failure);
    }

    @Override
    public Optional<Grants> last(String token) {
        if (token.length() > MAX_TOKEN_LENGTH) {
            return Optional.empty();
        }
        return Optional.ofNullable(leases.getIfPresent(TokenDigest.of(token)))
                .filter(TokenLease::isUsable)
                .map(TokenLease::grants);
    }

    /**
     * Declares answers invalid. Those about tokens with open connections are asked for again at once.
     *
     * @return number of tokens whose kept answer is invalid now
     */
    public int invalidate(Invalidation invalid) {
        invalidations.add(invalid);
        int covered = (int) leases.asMap().values().stream()
                .filter(lease -> invalid.covers(lease.grants(), lease.digest()))
                .count();
        // Visits every open connection, which makes its lease ask.
        onWithdrawn.run();
        return covered;
    }

    CompletionStage<Set<Scope>> mayRead(TokenLease lease, Set<Scope> scopes) {
        Set<Scope> allowed = new HashSet<>();
        Set<Scope> unknown = new HashSet<>();
        boolean fresh = lease.isFresh();
        long round = lease.round();
        for (Scope scope : scopes) {
            ReadAnswer known = reads.getIfPresent(new ReadKey(lease, scope));
            if (!fresh
                    || known == null
                    || known.round() != round
                    || !isYoungerThan(known, config.cache())
                    || isInvalidated(known, lease)) {
                unknown.add(scope);
            } else if (known.allowed()) {
                allowed.add(scope);
            }
        }
        if (unknown.isEmpty()) {
            return CompletableFuture.completedFuture(allowed);
        }
        return askReads(new ReadQuestion(lease, round, invalidations.number(), Set.copyOf(unknown)))
                .thenApply(more -> {
                    unknown.stream().filter(more::contains).forEach(allowed::add);
                    return allowed;
                });
    }

    /** One question for all connections and requests of a token that ask about the same scopes at the same time. */
    private CompletionStage<Set<Scope>> askReads(ReadQuestion question) {
        CompletableFuture<Set<Scope>> mine = new CompletableFuture<>();
        CompletableFuture<Set<Scope>> before = askedReads.putIfAbsent(question, mine);
        if (before != null) {
            return before.copy();
        }
        TokenLease lease = question.lease();
        Set<Scope> scopes = question.scopes();
        long began = nanoTime();
        CompletionStage<Set<Scope>> _ = answer(() -> source.mayRead(lease.grants(), scopes))
                .whenComplete((readable, e) -> {
                    boolean _ = askedReads.remove(question, mine);
                    try {
                        if (e == null) {
                            lease.readAnswered();
                            scopes.forEach(scope -> reads.asMap()
                                    .merge(
                                            new ReadKey(lease, scope),
                                            new ReadAnswer(
                                                    readable.contains(scope),
                                                    question.round(),
                                                    began,
                                                    question.since()),
                                            ReadAnswer::later));
                            mine.complete(readable);
                        } else {
                            lease.readUnanswered();
                            mine.complete(usable(lease, scopes, cause(e)));
                        }
                    } catch (RuntimeException failure) {
                        mine.completeExceptionally(failure);
                    }
                });
        return mine.copy();
    }

    /**
     * The older decisions about all of the scopes, if they may be used while the authorizer is unavailable.
     *
     * @throws CompletionException with the failure, if they may not
     */
    private Set<Scope> usable(TokenLease lease, Set<Scope> scopes, Throwable failure) {
        Set<Scope> allowed = new HashSet<>();
        boolean may = failure instanceof AuthorizerUnavailableException && config.useCached() && lease.isUsable();
        for (Scope scope : scopes) {
            ReadAnswer known = reads.getIfPresent(new ReadKey(lease, scope));
            if (!may
                    || known == null
                    || !isYoungerThan(known, config.cache().plus(config.stale()))
                    || isInvalidated(known, lease)) {
                throw new CompletionException(failure);
            }
            if (known.allowed()) {
                allowed.add(scope);
            }
        }
        return allowed;
    }

    /** Whether an invalidation came after the question, even if the token was asked about since. */
    private boolean isInvalidated(ReadAnswer known, TokenLease lease) {
        return invalidations.covering(known.since(), lease.grants(), lease.digest()) > 0;
    }

    private boolean isYoungerThan(ReadAnswer known, Duration age) {
        return nanoTime() - known.askedNanos() < age.toNanos();
    }

    /** Number of tokens whose answers are kept. */
    long size() {
        leases.cleanUp();
        return leases.estimatedSize();
    }

    // For leases

    Authorizer source() {
        return source;
    }

    Invalidations invalidations() {
        return invalidations;
    }

    long nanoTime() {
        return platform.nanoTime().getAsLong();
    }

    Instant now() {
        return platform.clock().instant();
    }

    boolean hasRoom() {
        return room.getAsBoolean();
    }

    /** 90 to 100 percent of the configured age. */
    long nextAgeNanos() {
        long nanos = config.cache().toNanos();
        return nanos - platform.random().nextLong(nanos / 10);
    }

    long staleNanos() {
        return config.stale().toNanos();
    }

    void ended(TokenLease lease) {
        boolean _ = leases.asMap().remove(lease.digest(), lease);
        onWithdrawn.run();
    }

    /** An answer of the source, which may be code of the application: it always completes, and never with null. */
    <T> CompletionStage<T> answer(Supplier<CompletionStage<T>> begin) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        try {
            CompletionStage<T> begun = begin.get();
            if (begun == null) {
                throw new AuthorizerUnavailableException("the authorizer returned null instead of a stage");
            }
            CompletionStage<T> _ = begun.whenComplete((value, e) -> {
                if (e != null) {
                    answer.completeExceptionally(cause(e));
                } else if (value == null) {
                    answer.completeExceptionally(
                            new AuthorizerUnavailableException("the authorizer completed its stage with null"));
                } else {
                    answer.complete(value);
                }
            });
        } catch (RuntimeException | Error e) {
            answer.completeExceptionally(e);
        }
        return limit.on(answer)
                .exceptionallyCompose(e -> CompletableFuture.failedFuture(
                        cause(e) instanceof TimeoutException
                                ? new AuthorizerUnavailableException("the authorizer did not answer within "
                                        + limit.length().toSeconds() + " s")
                                : cause(e)));
    }

    static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }
}
