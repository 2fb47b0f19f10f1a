package dev.carillon.auth;

import dev.carillon.base.ErrorCode;
import io.jsonwebtoken.Claims;
import io.jsonwebtoken.ExpiredJwtException;
import io.jsonwebtoken.JwtException;
import io.jsonwebtoken.JwtParser;
import io.jsonwebtoken.JwtParserBuilder;
import io.jsonwebtoken.Jwts;
import io.jsonwebtoken.security.SecureDigestAlgorithm;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Date;

/** Reading of signed tokens, alike for every kind of key. */
final class SignedTokens {
    private SignedTokens() {}

    /** Takes these algorithms and no other; the keys are to be added. */
    static JwtParserBuilder parser(Collection<SecureDigestAlgorithm<?, ?>> algorithms, InstantSource clock) {
        return Jwts.parser()
                .clock(() -> Date.from(clock.instant()))
                .clockSkewSeconds(TokenClaims.TOLERANCE.toSeconds())
                .sig()
                .clear()
                .add(algorithms)
                .and();
    }

    /** @throws RefusedException for a token that is bad or has expired */
    static Claims claims(JwtParser parser, String token) {
        try {
            return parser.parseSignedClaims(token).getPayload();
        } catch (ExpiredJwtException e) {
            throw new RefusedException(ErrorCode.TOKEN_EXPIRED, "the token has expired");
        } catch (JwtException | IllegalArgumentException e) {
            // What exactly is wrong with a signature helps nobody but an attacker.
            throw new RefusedException(ErrorCode.TOKEN_INVALID, "the token is not valid here");
        }
    }
}
