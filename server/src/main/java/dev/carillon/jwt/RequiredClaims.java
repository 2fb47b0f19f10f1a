package dev.carillon.jwt;

import dev.carillon.auth.RefusedException;
import dev.carillon.base.ErrorCode;
import io.jsonwebtoken.Claims;
import java.util.Optional;
import java.util.Set;

/**
 * Claims that a token must have besides a valid signature. They refuse tokens that the issuer made for another service, or that another issuer
 * signed with the same key (RFC 7519, sections 4.1.1 and 4.1.3).
 *
 * @param issuer required value of {@code iss}; empty: any, or none
 * @param audience value that {@code aud} must contain; empty: any, or none
 */
public record RequiredClaims(Optional<String> issuer, Optional<String> audience) {
    public static final RequiredClaims NONE = new RequiredClaims(Optional.empty(), Optional.empty());

    /** @throws RefusedException naming the claim */
    void check(Claims claims) {
        if (issuer.isPresent() && !issuer.get().equals(claims.getIssuer())) {
            throw refused("iss", "must be the issuer that this node requires");
        }
        Set<String> audiences = claims.getAudience();
        if (audience.isPresent() && (audiences == null || !audiences.contains(audience.get()))) {
            throw refused("aud", "must contain the audience that this node requires");
        }
    }

    private static RefusedException refused(String claim, String rule) {
        return new RefusedException(ErrorCode.TOKEN_INVALID, "claim " + claim + ": " + rule);
    }
}
