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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Grants from a signed token (JWS, RFC 7515): {@code sub} is the user, the claim {@code carillon} is
 * {@code {"broadcast": [selectors], "read": [selectors], "tenant": "name"}}, each part optional. {@code exp} and {@code nbf}
 * are honoured, {@code nbf} with a tolerance of 60 s between the clocks of two machines.
 */
public final class JwtAuthorizer implements Authorizer {
    private static final int MAX_SELECTORS = 1_000;

    private final TokenVerifier verifier;
    private final boolean anonymous;
    private final RefusalLog refusals;

    public JwtAuthorizer(JwtConfig config, Platform platform) {
        this.verifier = TokenVerifier.of(config, platform);
        this.refusals = new RefusalLog("clients", platform.nanoTime());
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
                        new RefusedException(ErrorCode.TOKEN_MISSING, "a token is needed: none was presented"));
    }

    private static Grants grants(Claims claims) {
        try {
            String user = claims.getSubject();
            if (user != null) {
                Scope.user(user);
            }
            Map<?, ?> carillon = TokenClaims.carillon(claims);
            return new Grants(
                    TokenClaims.tenant(claims),
                    user,
                    selectors("read", carillon.get("read")),
                    selectors("broadcast", carillon.get("broadcast")),
                    TokenClaims.expiry(claims));
        } catch (RefusedException e) {
            throw e;
        } catch (CarillonException e) {
            throw TokenClaims.notValid(e);
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
        for (Object item : list) {
            if (!(item instanceof String text)) {
                throw TokenClaims.refused("claim carillon." + name + ": must hold strings");
            }
            selectors.add(new Selector(text));
        }
        return selectors;
    }
}
