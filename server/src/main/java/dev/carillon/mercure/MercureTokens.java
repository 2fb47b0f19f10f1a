package dev.carillon.mercure;

import dev.carillon.auth.Grants;
import dev.carillon.auth.RefusedException;
import dev.carillon.auth.TokenCache;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.http.Origins;
import dev.carillon.http.Requests;
import dev.carillon.jwt.RefusalLog;
import dev.carillon.jwt.TokenVerifier;
import dev.carillon.jwt.VerifierConfig;
import io.micrometer.core.instrument.MeterRegistry;
import io.undertow.server.HttpServerExchange;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Verifies the tokens of requests to the hub, with separate settings for subscribers and publishers. Thread-safe; never blocks. The
 * returned stages may complete on any thread, and fail with {@link RefusedException} or another {@link CarillonException}.
 */
final class MercureTokens {
    private final MercureConfig config;
    private final MeterRegistry registry;
    private final Platform platform;
    private final Function<MercureClaim, Grants> grants;
    private final Consumer<Grants> check;
    private final @Nullable Side subscribers;
    private final @Nullable Side publishers;

    /** The verification of subscribers' or of publishers' tokens. */
    private record Side(TokenVerifier verifier, TokenCache<MercureGrants> cache, RefusalLog refusals) {
        CompletionStage<MercureGrants> watch(String token, CompletionStage<MercureGrants> stage) {
            return refusals.watch(stage, () -> verifier.hint(token));
        }
    }

    /**
     * @param grants converts a claim; called once per token while the token is cached
     * @param check called for each request with the grants of its token; throws {@link RefusedException} for those revoked since
     */
    MercureTokens(
            MercureConfig config,
            MeterRegistry registry,
            Platform platform,
            Function<MercureClaim, Grants> grants,
            Consumer<Grants> check) {
        this.check = check;
        this.config = config;
        this.registry = registry;
        this.platform = platform;
        this.grants = grants;
        this.subscribers = config.subscriber()
                .map(subscriber -> side("subscribers", subscriber))
                .orElse(null);
        // Equal keys are fetched and cached once.
        Side shared = config.publisher().equals(config.subscriber()) ? subscribers : null;
        this.publishers = shared != null
                ? new Side(
                        shared.verifier(), shared.cache(), new RefusalLog("publishers", registry, platform.nanoTime()))
                : config.publisher()
                        .map(publisher -> side("publishers", publisher))
                        .orElse(null);
    }

    private Side side(String name, VerifierConfig verifier) {
        return new Side(
                TokenVerifier.of(verifier, platform),
                new TokenCache<>(
                        platform.clock(),
                        platform.nanoTime(),
                        granted -> granted.grants().expiresAt()),
                new RefusalLog(name, registry, platform.nanoTime()));
    }

    /**
     * The rights of a client that requests a stream or the list of subscriptions. A client without a token is accepted when anonymous
     * subscribers are allowed. Without a subscriber key tokens are ignored, as at the reference hub.
     */
    CompletionStage<MercureGrants> subscriber(HttpServerExchange exchange) {
        return failing(() -> {
            Side side = subscribers;
            String token = side == null
                    ? null
                    : Requests.token(exchange, config.cookie()).text();
            if (side != null && token != null) {
                return side.watch(token, granted(side, token));
            }
            if (!config.anonymous()) {
                throw missing();
            }
            return CompletableFuture.completedFuture(granted(MercureClaim.ANONYMOUS));
        });
    }

    /**
     * The rights of a client that publishes. A token in a cookie counts only for pages of the configured publish origins, even for this
     * site's own pages: any page can make a browser send a cookie.
     */
    CompletionStage<MercureGrants> publisher(HttpServerExchange exchange) {
        return failing(() -> {
            if (publishers == null) {
                throw new CarillonException(ErrorCode.METHOD_NOT_ALLOWED, "publishing is off at this hub");
            }
            Requests.Token token = Requests.token(exchange, config.cookie());
            if (token.text() == null) {
                throw missing();
            }
            if (token.byCookie() && !Origins.isAmong(exchange, config.publishOrigins())) {
                throw new RefusedException(
                        ErrorCode.TOKEN_INVALID,
                        "a token in a cookie is accepted only from pages of the origins in --mercure-publish-origins");
            }
            return publishers.watch(
                    token.text(), granted(publishers, token.text()).thenApply(granted -> {
                        if (!granted.mayPublish()) {
                            throw new RefusedException(
                                    ErrorCode.TOKEN_INVALID, "the token must have the claim mercure.publish");
                        }
                        return granted;
                    }));
        });
    }

    /** Whether a token granted publishing when it was last verified, see {@link TokenCache#last}. */
    boolean published(String token) {
        return publishers != null
                && publishers
                        .cache()
                        .last(token)
                        .filter(granted -> granted.mayPublish()
                                && !granted.grants().broadcast().isEmpty())
                        .isPresent();
    }

    private CompletionStage<MercureGrants> granted(Side side, String token) {
        return side.cache()
                .granted(
                        token,
                        unknown ->
                                side.verifier().verify(unknown).thenApply(claims -> granted(MercureClaim.of(claims))))
                .thenApply(granted -> {
                    check.accept(granted.grants());
                    return granted;
                });
    }

    private MercureGrants granted(MercureClaim claim) {
        return new MercureGrants(
                grants.apply(claim), claim.mayPublish(), claim.subscribe(), claim.publish(), claim.payload());
    }

    private static RefusedException missing() {
        return new RefusedException(ErrorCode.TOKEN_MISSING, "a token is required");
    }

    private static <T> CompletionStage<T> failing(Supplier<CompletionStage<T>> stage) {
        try {
            return stage.get();
        } catch (CarillonException e) {
            return CompletableFuture.failedFuture(e);
        }
    }
}
