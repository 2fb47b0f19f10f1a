package dev.carillon.jwt;

import static dev.carillon.jwt.Verified.assertRefused;
import static dev.carillon.jwt.Verified.claims;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.Platform;
import io.jsonwebtoken.JwtBuilder;
import io.jsonwebtoken.Jwts;
import io.jsonwebtoken.security.Keys;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class RequiredClaimsTest {
    private static final String SECRET = "0123456789abcdef".repeat(4);

    @Test
    void issuer_of_a_token_must_be_the_required_one() {
        TokenVerifier verifier = verifier(new RequiredClaims(Optional.of("https://issuer.test"), Optional.empty()));

        assertThat(claims(verifier, token(b -> b.issuer("https://issuer.test"))).getSubject())
                .isEqualTo("ann");
        assertRefused(verifier, token(b -> b.issuer("https://issuer.test.evil.test")));
        assertRefused(verifier, token(b -> b));
    }

    @Test
    void audiences_of_a_token_must_include_the_required_one() {
        TokenVerifier verifier = verifier(new RequiredClaims(Optional.empty(), Optional.of("carillon")));

        assertThat(claims(
                                verifier,
                                token(b -> b.audience()
                                        .add("other")
                                        .add("carillon")
                                        .and()))
                        .getSubject())
                .isEqualTo("ann");
        assertThat(claims(verifier, token(b -> b.claim("aud", "carillon"))).getSubject())
                .isEqualTo("ann");
        assertRefused(verifier, token(b -> b.audience().add("other").and()));
        assertRefused(verifier, token(b -> b));
    }

    private static TokenVerifier verifier(RequiredClaims required) {
        return TokenVerifier.of(JwtConfig.of("HS256", SECRET, false).requiring(required), Platform.system());
    }

    private static String token(UnaryOperator<JwtBuilder> more) {
        return more.apply(Jwts.builder().subject("ann"))
                .signWith(Keys.hmacShaKeyFor(SECRET.getBytes(StandardCharsets.UTF_8)), Jwts.SIG.HS256)
                .compact();
    }
}
