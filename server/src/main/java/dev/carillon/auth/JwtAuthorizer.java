package dev.carillon.auth;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Selector;
import dev.carillon.scope.Tenant;
import io.jsonwebtoken.Claims;
import io.jsonwebtoken.ExpiredJwtException;
import io.jsonwebtoken.JwtException;
import io.jsonwebtoken.JwtParser;
import io.jsonwebtoken.JwtParserBuilder;
import io.jsonwebtoken.Jwts;
import java.security.PublicKey;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/**
 * Grants from a signed token (JWS, RFC 7515): {@code sub} is the user, the claim {@code carillon} is
 * {@code {"broadcast": [selectors], "read": [selectors], "tenant": "name"}}, each part optional. {@code exp} and {@code nbf}
 * are honoured with a tolerance of 60 s between the clocks of two machines.
 */
public final class JwtAuthorizer implements Authorizer {
    static final Duration TOLERANCE = Duration.ofSeconds(60);
    private static final int MAX_SELECTORS = 1_000;

    private final JwtParser parser;
    private final boolean anonymous;
    private final InstantSource clock;

    public JwtAuthorizer(JwtConfig config, InstantSource clock) {
        JwtParserBuilder builder = Jwts.parser()
                .clock(() -> Date.from(clock.instant()))
                .clockSkewSeconds(TOLERANCE.toSeconds())
                .sig()
                .clear()
                .add(config.algorithm())
                .and();
        this.parser = (config.key() instanceof SecretKey secret
                        ? builder.verifyWith(secret)
                        : builder.verifyWith((PublicKey) config.key()))
                .build();
        this.anonymous = config.anonymous();
        this.clock = clock;
    }

    @Override
    public CompletionStage<Grants> authorize(@Nullable String token) {
        try {
            return CompletableFuture.completedFuture(grants(token));
        } catch (RefusedException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private Grants grants(@Nullable String token) {
        if (token == null) {
            if (anonymous) {
                return Grants.ANONYMOUS;
            }
            throw new RefusedException(ErrorCode.TOKEN_MISSING, "a token is needed: none was presented");
        }
        try {
            return grants(parser.parseSignedClaims(token).getPayload());
        } catch (ExpiredJwtException e) {
            throw new RefusedException(ErrorCode.TOKEN_EXPIRED, "the token has expired");
        } catch (JwtException | IllegalArgumentException e) {
            // What exactly is wrong with a signature helps nobody but an attacker.
            throw new RefusedException(ErrorCode.TOKEN_INVALID, "the token is not valid here");
        }
    }

    private Grants grants(Claims claims) {
        try {
            String user = claims.getSubject();
            if (user != null) {
                Scope.user(user);
            }
            Object own = claims.get("carillon");
            if (own != null && !(own instanceof Map)) {
                throw refused("claim carillon: must be an object");
            }
            Map<?, ?> carillon = own == null ? Map.of() : (Map<?, ?>) own;
            Object tenant = carillon.get("tenant");
            if (tenant != null && !(tenant instanceof String)) {
                throw refused("claim carillon.tenant: must be a string");
            }
            return new Grants(
                    tenant == null ? Tenant.DEFAULT : Tenant.ofToken((String) tenant),
                    user,
                    selectors("read", carillon.get("read")),
                    selectors("broadcast", carillon.get("broadcast")),
                    expiry(claims.getExpiration()));
        } catch (RefusedException e) {
            throw e;
        } catch (CarillonException e) {
            throw refused("a claim of the token is not valid: " + e.getMessage());
        }
    }

    private static List<Selector> selectors(String name, @Nullable Object claim) {
        if (claim == null) {
            return List.of();
        }
        if (!(claim instanceof List<?> list) || list.size() > MAX_SELECTORS) {
            throw refused("claim carillon." + name + ": must be a list of at most " + MAX_SELECTORS + " selectors");
        }
        List<Selector> selectors = new ArrayList<>(list.size());
        for (Object item : list) {
            if (!(item instanceof String text)) {
                throw refused("claim carillon." + name + ": must hold strings");
            }
            selectors.add(new Selector(text));
        }
        return selectors;
    }

    /** A token that is taken within the tolerance after its end lasts until the end of the tolerance. */
    private @Nullable Instant expiry(@Nullable Date exp) {
        if (exp == null) {
            return null;
        }
        Instant end = exp.toInstant();
        return end.isAfter(clock.instant()) ? end : end.plus(TOLERANCE);
    }

    private static RefusedException refused(String message) {
        return new RefusedException(ErrorCode.TOKEN_INVALID, message);
    }
}
