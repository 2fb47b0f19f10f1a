package dev.carillon.jwt;

import dev.carillon.auth.RefusedException;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.scope.Tenant;
import io.jsonwebtoken.Claims;
import java.time.Instant;
import java.util.Date;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The claims of a verified token that every face reads alike. */
public final class TokenClaims {
    private TokenClaims() {}

    /**
     * From the claim {@code carillon.tenant}; without it the default one.
     *
     * @throws RefusedException that names the claim
     */
    public static Tenant tenant(Claims claims) {
        Object tenant = carillon(claims).get("tenant");
        if (tenant == null) {
            return Tenant.DEFAULT;
        }
        if (!(tenant instanceof String name)) {
            throw refused("claim carillon.tenant: must be a string");
        }
        try {
            return Tenant.ofToken(name);
        } catch (CarillonException e) {
            throw notValid(e);
        }
    }

    /** When what a token grants ends; null: never. */
    public static @Nullable Instant expiry(Claims claims) {
        Date exp = claims.getExpiration();
        return exp == null ? null : exp.toInstant();
    }

    static Map<?, ?> carillon(Claims claims) {
        Object own = claims.get("carillon");
        if (own == null) {
            return Map.of();
        }
        if (!(own instanceof Map<?, ?> carillon)) {
            throw refused("claim carillon: must be an object");
        }
        return carillon;
    }

    static RefusedException notValid(CarillonException e) {
        return refused("a claim of the token is not valid: " + e.getMessage());
    }

    static RefusedException refused(String message) {
        return new RefusedException(ErrorCode.TOKEN_INVALID, message);
    }
}
