package dev.carillon.jwt;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.auth.Grants;
import dev.carillon.auth.RefusedException;
import dev.carillon.auth.TokenIdentity;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.scope.Tenant;
import io.jsonwebtoken.Claims;
import java.time.Instant;
import java.util.Date;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the claims that all endpoints share from a verified token. */
public final class TokenClaims {
    private static final JsonMapper JSON = new JsonMapper();

    private TokenClaims() {}

    /**
     * The tenant in the claim {@code carillon.tenant}; {@link Tenant#DEFAULT} if the token has none.
     *
     * @throws RefusedException naming the claim
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
            throw invalid("carillon.tenant", e);
        }
    }

    /** End of a token's grants, from the claim {@code exp}; null: never. */
    public static @Nullable Instant expiry(Claims claims) {
        Date exp = claims.getExpiration();
        return exp == null ? null : exp.toInstant();
    }

    /** What identifies the token, so that it can be revoked. */
    public static TokenIdentity identity(Claims claims) {
        Date issued = claims.getIssuedAt();
        return new TokenIdentity(claims.getId(), claims.getSubject(), issued == null ? null : issued.toInstant());
    }

    /**
     * The data of the user in the claim {@code carillon.user_data}, as JSON text; null: none.
     *
     * @throws RefusedException if it is no object, or too large
     */
    static @Nullable String userData(Claims claims) {
        Object data = carillon(claims).get("user_data");
        if (data == null) {
            return null;
        }
        String rule = "claim carillon.user_data: must be an object of at most " + Grants.MAX_USER_DATA_BYTES
                + " bytes of JSON";
        if (!(data instanceof Map<?, ?>)) {
            throw refused(rule);
        }
        try {
            String json = JSON.writeValueAsString(data);
            if (!Text.isWellFormed(json) || Text.utf8Length(json) > Grants.MAX_USER_DATA_BYTES) {
                throw refused(rule);
            }
            return json;
        } catch (JsonProcessingException e) {
            throw refused(rule);
        }
    }

    /** Members of the claim {@code carillon}; empty if the token has none. */
    static Map<?, ?> carillon(Claims claims) {
        Object claim = claims.get("carillon");
        if (claim == null) {
            return Map.of();
        }
        if (!(claim instanceof Map<?, ?> carillon)) {
            throw refused("claim carillon: must be an object");
        }
        return carillon;
    }

    static RefusedException invalid(String claim, CarillonException e) {
        return refused("claim " + claim + ": " + e.getMessage());
    }

    static RefusedException refused(String message) {
        return new RefusedException(ErrorCode.TOKEN_INVALID, message);
    }
}
