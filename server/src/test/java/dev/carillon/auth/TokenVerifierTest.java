package dev.carillon.auth;

import static dev.carillon.auth.Verified.assertFails;
import static dev.carillon.auth.Verified.assertRefused;
import static dev.carillon.auth.Verified.claims;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.ErrorCode;
import io.jsonwebtoken.Jwts;
import io.jsonwebtoken.security.MacAlgorithm;
import io.jsonwebtoken.security.SecureDigestAlgorithm;
import io.jsonwebtoken.security.SignatureAlgorithm;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import javax.crypto.SecretKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenVerifierTest {
    private static final String SECRET = "0123456789abcdef".repeat(4);
    private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);

    private Instant now = NOW;

    @ParameterizedTest
    @ValueSource(strings = {"HS256", "HS384", "HS512"})
    void a_shared_secret_verifies_its_own_tokens_and_no_other(String algorithm) {
        TokenVerifier verifier = verifier(algorithm, SECRET);

        assertThat(claims(verifier, bySecret(algorithm, SECRET)).getSubject()).isEqualTo("alice");
        assertRefused(verifier, bySecret(algorithm, SECRET.replace('0', '1')));
        for (String other : List.of("HS256", "HS384", "HS512")) {
            if (!other.equals(algorithm)) {
                assertRefused(verifier, bySecret(other, SECRET));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
    void a_public_key_verifies_its_partners_tokens_and_no_other(String algorithm) {
        SignatureAlgorithm signature = TestKeys.algorithm(algorithm);
        KeyPair pair = TestKeys.pair(algorithm, 1);
        String pem = pem(pair);
        TokenVerifier verifier = verifier(algorithm, pem);
        String good = Jwts.builder()
                .subject("alice")
                .signWith(pair.getPrivate(), signature)
                .compact();

        assertThat(claims(verifier, good).getSubject()).isEqualTo("alice");
        assertRefused(
                verifier,
                Jwts.builder()
                        .subject("alice")
                        .signWith(TestKeys.pair(algorithm, 2).getPrivate(), signature)
                        .compact());
        assertRefused(verifier, none(good));
        // The public key is known to everybody: as a secret it would be known, too.
        assertRefused(verifier, bySecret("HS256", pem));
    }

    @Test
    void another_algorithm_of_the_same_key_is_refused() {
        KeyPair pair = TestKeys.pair("RS256", 1);
        TokenVerifier verifier = verifier("RS256", pem(pair));

        for (SignatureAlgorithm other : List.of(Jwts.SIG.RS384, Jwts.SIG.PS256)) {
            assertRefused(
                    verifier,
                    Jwts.builder()
                            .subject("alice")
                            .signWith(pair.getPrivate(), other)
                            .compact());
        }
    }

    @Test
    void a_key_that_is_marked_for_pss_verifies_pss() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSASSA-PSS");
        generator.initialize(2048);
        KeyPair pair = generator.generateKeyPair();
        String token = Jwts.builder()
                .subject("alice")
                .signWith(pair.getPrivate(), Jwts.SIG.PS256)
                .compact();

        assertThat(claims(verifier("PS256", pem(pair)), token).getSubject()).isEqualTo("alice");
    }

    @Test
    void a_token_without_a_signature_is_refused() {
        TokenVerifier verifier = verifier("HS256", SECRET);
        String good = bySecret("HS256", SECRET);

        assertRefused(verifier, none(good));
        assertRefused(verifier, good.substring(0, good.lastIndexOf('.') + 1));
        assertRefused(verifier, good.substring(0, good.lastIndexOf('.')));
        assertRefused(verifier, "");
    }

    @Test
    void a_token_is_good_from_nbf_to_exp_with_a_minute_on_either_side() {
        TokenVerifier verifier = verifier("HS256", SECRET);
        String token = Jwts.builder()
                .notBefore(Date.from(NOW))
                .expiration(Date.from(NOW.plusSeconds(600)))
                .signWith((SecretKey) key("HS256", SECRET), (MacAlgorithm) algorithm("HS256"))
                .compact();

        now = NOW.minusSeconds(61);
        assertRefused(verifier, token);
        now = NOW.minusSeconds(59);
        claims(verifier, token);
        now = NOW.plusSeconds(659);
        claims(verifier, token);
        now = NOW.plusSeconds(661);
        assertFails(verifier, token, ErrorCode.TOKEN_EXPIRED);
    }

    @Test
    void whatever_is_made_of_a_token_it_is_refused_and_nothing_worse() {
        TokenVerifier verifier = verifier("HS256", SECRET);
        String good = bySecret("HS256", SECRET);
        Random random = new Random(7);
        int refused = 0;

        for (int i = 0; i < 5_000; i++) {
            byte[] header = header(random).getBytes(StandardCharsets.UTF_8);
            String token = i % 2 == 0 ? changed(good, random) : encoded(header) + good.substring(good.indexOf('.'));
            if (!token.equals(good)) {
                try {
                    // Bits at the end of Base64 that mean nothing.
                    assertThat(claims(verifier, token).getSubject()).isEqualTo("alice");
                } catch (RefusedException e) {
                    refused++;
                }
            }
        }
        assertThat(refused).isGreaterThan(4_500);
    }

    private static String changed(String token, Random random) {
        StringBuilder text = new StringBuilder(token);
        for (int i = 0; i <= random.nextInt(3); i++) {
            text.setCharAt(random.nextInt(text.length()), (char) (random.nextInt(95) + 32));
        }
        return text.toString();
    }

    private static String header(Random random) {
        List<String> values = List.of(
                "\"HS256\"",
                "\"none\"",
                "\"dir\"",
                "7",
                "null",
                "{}",
                "[\"b64\"]",
                "true",
                "\"\"",
                "1e999",
                "[".repeat(2_000));
        StringBuilder json = new StringBuilder("{\"alg\":\"HS256\"");
        for (String name : List.of("alg", "crit", "b64", "zip", "kid", "jwk", "enc", "x5c", "p2c", "exp")) {
            if (random.nextInt(4) == 0) {
                json.append(",\"").append(name).append("\":").append(values.get(random.nextInt(values.size())));
            }
        }
        return json.append('}').toString();
    }

    private static String none(String token) {
        return encoded("{\"alg\":\"none\"}".getBytes(StandardCharsets.UTF_8))
                + token.substring(token.indexOf('.'), token.lastIndexOf('.') + 1);
    }

    private static String encoded(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private TokenVerifier verifier(String algorithm, String key) {
        return TokenVerifier.of(JwtConfig.of(algorithm, key, false), () -> now);
    }

    private static Key key(String algorithm, String secret) {
        return JwtConfig.of(algorithm, secret, false).key();
    }

    private static SecureDigestAlgorithm<?, ?> algorithm(String name) {
        return Objects.requireNonNull(Jwts.SIG.get().get(name));
    }

    private static String bySecret(String algorithm, String secret) {
        return Jwts.builder()
                .subject("alice")
                .signWith((SecretKey) key(algorithm, secret), (MacAlgorithm) algorithm(algorithm))
                .compact();
    }

    private static String pem(KeyPair pair) {
        return "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder().encodeToString(pair.getPublic().getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
    }
}
