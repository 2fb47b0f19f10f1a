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
import io.undertow.server.HttpServerExchange;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Who asks the hub, and what they may do: the tokens of requests, which subscribers and publishers have verified by settings of their
 * own. Thread-safe; never blocks. What is returned may complete on any thread, and fails with {@link RefusedException}, or with
 * another {@link CarillonException}.
 */
final class MercureTokens {
    private final MercureConfig config;
    private final Platform platform;
    private final Function<MercureClaim, Grants> grants;
    private final @Nullable Side subscribers;
    private final @Nullable Side publishers;

    /** Where tokens of one side are verified, and what is known of them. */
    private record Side(TokenVerifier verifier, TokenCache<MercureGrants> known, RefusalLog refusals) {
        CompletionStage<MercureGrants> watch(String token, CompletionStage<MercureGrants> stage) {
            return refusals.watch(stage, () -> verifier.hint(token));
        }
    }

    /** @param grants what a claim means to the rooms below; called once for a token, while that is remembered */
    MercureTokens(MercureConfig config, Platform platform, Function<MercureClaim, Grants> grants) {
        this.config = config;
        this.platform = platform;
        this.grants = grants;
        this.subscribers = config.subscriber()
                .map(subscriber -> side("subscribers", subscriber))
                .orElse(null);
        // The same keys are fetched and kept once.
        Side shared = config.publisher().equals(config.subscriber()) ? subscribers : null;
        this.publishers = shared != null
                ? new Side(shared.verifier(), shared.known(), new RefusalLog("publishers", platform.nanoTime()))
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
                new RefusalLog(name, platform.nanoTime()));
    }

    /**
     * Of who asks for a stream, or for the list of subscriptions: without a token where anonymous subscribers are allowed. Where no key
     * verifies subscribers' tokens, a token is not read, as at the reference hub.
     */
    CompletionStage<MercureGrants> subscriber(HttpServerExchange exchange) {
        return refusing(() -> {
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
     * Of who sends an update. A token in a cookie counts only for pages of the configured publish origins, this site's own pages
     * included: any page can make a browser send it.
     */
    CompletionStage<MercureGrants> publisher(HttpServerExchange exchange) {
        return refusing(() -> {
            if (publishers == null) {
                throw new CarillonException(ErrorCode.METHOD_NOT_ALLOWED, "this hub takes no updates");
            }
            Requests.Token token = Requests.token(exchange, config.cookie());
            if (token.text() == null) {
                throw missing();
            }
            if (token.byCookie() && !Origins.isAmong(exchange, config.publishOrigins())) {
                throw new RefusedException(
                        ErrorCode.TOKEN_INVALID,
                        "a token in a cookie publishes only from pages of an origin that --mercure-publish-origins names");
            }
            return publishers.watch(
                    token.text(), granted(publishers, token.text()).thenApply(granted -> {
                        if (!granted.mayPublish()) {
                            throw new RefusedException(
                                    ErrorCode.TOKEN_INVALID, "the token has no claim mercure.publish");
                        }
                        return granted;
                    }));
        });
    }

    /** Whether a token was good for publishing when it was last verified, see {@link TokenCache#last}. */
    boolean published(String token) {
        return publishers != null
                && publishers
                        .known()
                        .last(token)
                        .filter(granted -> granted.mayPublish()
                                && !granted.grants().broadcast().isEmpty())
                        .isPresent();
    }

    private CompletionStage<MercureGrants> granted(Side side, String token) {
        return side.known()
                .granted(
                        token,
                        unknown ->
                                side.verifier().verify(unknown).thenApply(claims -> granted(MercureClaim.of(claims))));
    }

    private MercureGrants granted(MercureClaim claim) {
        return new MercureGrants(
                grants.apply(claim), claim.mayPublish(), claim.subscribe(), claim.publish(), claim.payload());
    }

    private static RefusedException missing() {
        return new RefusedException(ErrorCode.TOKEN_MISSING, "a token is needed: none was presented");
    }

    private static <T> CompletionStage<T> refusing(Supplier<CompletionStage<T>> stage) {
        try {
            return stage.get();
        } catch (CarillonException e) {
            return CompletableFuture.failedFuture(e);
        }
    }
}
