package dev.carillon.jwt;

import dev.carillon.auth.Authorizer;
import dev.carillon.auth.Grants;
import dev.carillon.auth.RefusedException;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Selector;
import io.jsonwebtoken.Claims;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Authorizer for JSON Web Tokens (RFC 7519). The claim {@code sub} is the user. The claim {@code carillon} is an object {@code {"broadcast":
 * [selectors], "read": [selectors], "tenant": "name", "user_data": {}}} with optional members and at most 1,000 selectors in each list. Tokens are valid from {@code nbf},
 * with a tolerance of 60 s, until {@code exp}.
 */
public final class JwtAuthorizer implements Authorizer {
    private static final int MAX_SELECTORS = 1_000;

    private final TokenVerifier verifier;
    private final boolean anonymous;
    private final RefusalLog refusals;

    /** @param config key, algorithm, required claims, and whether clients without a token get {@link Grants#ANONYMOUS} */
    public JwtAuthorizer(JwtConfig config, MeterRegistry registry, Platform platform) {
        this.verifier = TokenVerifier.of(config, platform);
        this.refusals = new RefusalLog("clients", registry, platform.nanoTime());
        this.anonymous = config.anonymous();
    }

    @Override
    public CompletionStage<Grants> authorize(@Nullable String token) {
        if (token != null) {
            return refusals.watch(verifier.verify(token).thenApply(JwtAuthorizer::grants), () -> verifier.hint(token));
        }
        return anonymous
                ? CompletableFuture.completedFuture(Grants.ANONYMOUS)
                : CompletableFuture.failedFuture(
                        new RefusedException(ErrorCode.TOKEN_MISSING, "a token is required: the request has none"));
    }

    private static Grants grants(Claims claims) {
        Map<?, ?> carillon = TokenClaims.carillon(claims);
        return new Grants(
                        TokenClaims.tenant(claims),
                        user(claims),
                        selectors("read", carillon.get("read")),
                        selectors("broadcast", carillon.get("broadcast")),
                        TokenClaims.expiry(claims),
                        TokenClaims.identity(claims))
                .withUserData(TokenClaims.userData(claims));
    }

    private static @Nullable String user(Claims claims) {
        String user = claims.getSubject();
        try {
            return user == null ? null : Scope.user(user).name();
        } catch (CarillonException e) {
            throw TokenClaims.invalid("sub", e);
        }
    }

    private static List<Selector> selectors(String name, @Nullable Object claim) {
        if (claim == null) {
            return List.of();
        }
        if (!(claim instanceof List<?> list) || list.size() > MAX_SELECTORS) {
            throw TokenClaims.refused(
                    "claim carillon." + name + ": must be a list of at most " + MAX_SELECTORS + " selectors");
        }
        List<Selector> selectors = new ArrayList<>(list.size());
        for (Object selector : list) {
            if (!(selector instanceof String text)) {
                throw TokenClaims.refused("claim carillon." + name + ": must contain only strings");
            }
            try {
                selectors.add(new Selector(text));
            } catch (CarillonException e) {
                throw TokenClaims.invalid("carillon." + name, e);
            }
        }
        return selectors;
    }
}
