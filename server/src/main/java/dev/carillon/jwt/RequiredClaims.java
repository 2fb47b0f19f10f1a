package dev.carillon.jwt;

import dev.carillon.auth.RefusedException;
import dev.carillon.base.ErrorCode;
import io.jsonwebtoken.Claims;
import java.util.Optional;
import java.util.Set;

/**
 * What a token must name beside a good signature, so that one that the same issuer made for another service, or another issuer with the same
 * key, is refused (RFC 7519, sections 4.1.1 and 4.1.3).
 *
 * @param issuer that {@code iss} must be; empty: any, or none
 * @param audience that must be among {@code aud}; empty: any, or none
 */
public record RequiredClaims(Optional<String> issuer, Optional<String> audience) {
    public static final RequiredClaims NONE = new RequiredClaims(Optional.empty(), Optional.empty());

    /** @throws RefusedException that names the claim */
    void check(Claims claims) {
        if (issuer.isPresent() && !issuer.get().equals(claims.getIssuer())) {
            throw refused("iss", "the issuer that this node requires");
        }
        Set<String> named = claims.getAudience();
        if (audience.isPresent() && (named == null || !named.contains(audience.get()))) {
            throw refused("aud", "the audience of this node");
        }
    }

    private static RefusedException refused(String claim, String rule) {
        return new RefusedException(ErrorCode.TOKEN_INVALID, "claim " + claim + ": must name " + rule);
    }
}
