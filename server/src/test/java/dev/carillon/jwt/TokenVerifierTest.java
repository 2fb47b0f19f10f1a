package dev.carillon.jwt;

import static dev.carillon.jwt.Verified.assertFails;
import static dev.carillon.jwt.Verified.assertRefused;
import static dev.carillon.jwt.Verified.claims;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.auth.RefusedException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import io.jsonwebtoken.Jwts;
import io.jsonwebtoken.security.MacAlgorithm;
import io.jsonwebtoken.security.SecureDigestAlgorithm;
import io.jsonwebtoken.security.SignatureAlgorithm;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenVerifierTest {
    private static final String SECRET = "0123456789abcdef".repeat(4);
    private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);

    private Instant now = NOW;

    @ParameterizedTest
    @ValueSource(strings = {"HS256", "HS384", "HS512"})
    void shared_secret_verifies_only_tokens_signed_with_it(String algorithm) {
        TokenVerifier verifier = verifier(algorithm, SECRET);

        assertThat(claims(verifier, bySecret(algorithm, SECRET)).getSubject()).isEqualTo("alice");
        assertRefused(verifier, bySecret(algorithm, SECRET.replace('0', '1')));
        for (String other : List.of("HS256", "HS384", "HS512")) {
            if (!other.equals(algorithm)) {
                assertRefused(verifier, bySecret(other, SECRET));
            }
        }
    }

    @Test
    void additional_key_verifies_tokens_beside_the_first() {
        String other = SECRET.replace('0', '1');
        KeyPair first = TestKeys.pair("ES256", 1);
        KeyPair second = TestKeys.pair("ES256", 2);

        for (TokenVerifier verifier : List.of(verifier("HS256", SECRET, other), verifier("HS256", other, SECRET))) {
            assertThat(claims(verifier, bySecret("HS256", SECRET)).getSubject()).isEqualTo("alice");
            assertThat(claims(verifier, bySecret("HS256", other)).getSubject()).isEqualTo("alice");
            assertRefusal(
                    verifier,
                    bySecret("HS256", SECRET.replace('0', '2')),
                    "the token's signature does not match the verification key");
            assertRefused(verifier, bySecret("HS512", other));
            assertThat(verifier.hint(bySecret("HS256", SECRET + "\n")))
                    .isEqualTo("the issuer signs with the key followed by a line break");
            assertThat(verifier.hint(bySecret("HS256", other + "\n")))
                    .isEqualTo("the issuer signs with the key followed by a line break");
        }
        TokenVerifier byPublicKeys = verifier("ES256", pem(first), pem(second));
        for (KeyPair pair : List.of(first, second)) {
            String token = Jwts.builder()
                    .subject("alice")
                    .signWith(pair.getPrivate(), TestKeys.algorithm("ES256"))
                    .compact();
            assertThat(claims(byPublicKeys, token).getSubject()).isEqualTo("alice");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
    void public_key_verifies_only_tokens_signed_with_its_private_key(String algorithm) {
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
        // Every client may know the public key and use it as a secret.
        assertRefused(verifier, bySecret("HS256", pem));
    }

    @Test
    void other_algorithms_of_the_same_key_are_refused() {
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
    void rsassa_pss_key_verifies_tokens() throws GeneralSecurityException {
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
    void unsigned_tokens_are_refused() {
        TokenVerifier verifier = verifier("HS256", SECRET);
        String good = bySecret("HS256", SECRET);

        assertRefused(verifier, none(good));
        assertRefused(verifier, good.substring(0, good.lastIndexOf('.') + 1));
        assertRefused(verifier, good.substring(0, good.lastIndexOf('.')));
        assertRefused(verifier, "");
    }

    @Test
    void token_is_valid_from_one_minute_before_nbf_until_exp() {
        TokenVerifier verifier = verifier("HS256", SECRET);
        String token = Jwts.builder()
                .notBefore(Date.from(NOW))
                .expiration(Date.from(NOW.plusSeconds(600)))
                .signWith(TestKeys.secret(SECRET), (MacAlgorithm) algorithm("HS256"))
                .compact();

        now = NOW.minusSeconds(61);
        assertRefusal(verifier, token, "the token is not valid yet (claim nbf): retry later");
        now = NOW.minusSeconds(60);
        claims(verifier, token);
        now = NOW.plusSeconds(600).minusMillis(1);
        claims(verifier, token);
        now = NOW.plusSeconds(600);
        assertFails(verifier, token, ErrorCode.TOKEN_EXPIRED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "9223372036854776", "9223372036854775.9", "9007199254740992", "1e16", "1e999", "-1",
                        "-9223372036854776",
                "18446744073709551617", "\"1800000060\"", "\"2027-01-15T08:01:00Z\"", "true", "null", "[]", "{}"
            })
    void date_that_is_no_number_or_out_of_range_is_refused(String date) {
        TokenVerifier verifier = verifier("HS256", SECRET);

        for (String name : List.of("exp", "nbf", "iat")) {
            String refusal = "claim " + name + ": must be a number of seconds since 1970, from 0 to 9007199254740991";
            assertRefusal(verifier, raw("{\"alg\":\"HS256\"}", "{\"" + name + "\":" + date + "}"), refusal);
        }
    }

    @Test
    void dates_may_have_a_fraction_and_be_up_to_the_largest_exact_integer() {
        TokenVerifier verifier = verifier("HS256", SECRET);
        String header = "{\"alg\":\"HS256\"}";

        String token = raw(header, "{\"exp\":1800000000.9,\"nbf\":1799999999.9,\"iat\":1e9}");
        now = NOW.minusSeconds(1);
        assertThat(claims(verifier, token).getExpiration()).isEqualTo(NOW);
        now = NOW;
        assertFails(verifier, token, ErrorCode.TOKEN_EXPIRED);
        assertThat(claims(verifier, raw(header, "{\"exp\":9007199254740991}")).getExpiration())
                .isEqualTo(Instant.ofEpochSecond(9_007_199_254_740_991L));
        for (String far : List.of("9007199254740991", "1800000061", "4e15")) {
            assertRefusal(
                    verifier,
                    raw(header, "{\"nbf\":" + far + "}"),
                    "the token is not valid yet (claim nbf): retry later");
        }
        // A duplicate claim is ambiguous.
        assertRefused(verifier, raw(header, "{\"exp\":1800000060,\"exp\":1}"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "[\"b64\"]", "[\"exp\"]", "\"exp\"", "null", "{}", "true"})
    void token_with_critical_headers_is_refused(String crit) {
        String header = "{\"alg\":\"HS256\",\"b64\":true,\"exp\":1,\"crit\":" + crit + "}";

        assertRefusal(
                verifier("HS256", SECRET),
                raw(header, "{}"),
                "the token has the header crit: this node supports no extensions");
    }

    @Test
    void refusals_name_the_reason() {
        TokenVerifier verifier = verifier("HS256", SECRET);
        String good = bySecret("HS256", SECRET);

        assertRefusal(verifier, none(good), "the token's algorithm (header alg) is not accepted: none");
        assertRefusal(verifier, bySecret("HS512", SECRET), "the token's algorithm (header alg) is not accepted: HS512");
        for (String alg : List.of("\"sesame\"", "\"\"", "\"hs256\"", "null", "7", "[\"HS256\"]")) {
            assertRefusal(
                    verifier,
                    raw("{\"alg\":" + alg + "}", "{}"),
                    "the token's algorithm (header alg) is not accepted: unknown");
        }
        assertRefusal(
                verifier,
                bySecret("HS256", SECRET.replace('0', '1')),
                "the token's signature does not match the verification key");
        assertRefusal(
                verifier, "a.b", "the token is malformed: it must have three parts in Base64url, separated by dots");
        assertRefusal(verifier, "a.b.c", "the token is malformed: the header must be a JSON object in Base64url");
        assertRefusal(
                verifier,
                raw("{\"alg\":\"HS256\"}", "[]"),
                "the token is malformed: the payload must be a JSON object in Base64url");
        assertRefusal(
                TokenVerifier.of(
                        new JwtConfig(new VerificationKey.None(), true),
                        Platform.system().clock(() -> now)),
                good,
                "tokens are not accepted: this node has no key to verify them");
    }

    @Test
    void hint_names_the_variant_of_the_secret_that_signed_the_token() {
        String base64 = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
        TokenVerifier verifier = verifier("HS256", base64);

        assertThat(verifier.hint(bySecret("HS256", base64 + "\n")))
                .isEqualTo("the issuer signs with the key followed by a line break");
        assertThat(verifier.hint(bySecret("HS256", base64 + "\r\n")))
                .isEqualTo("the issuer signs with the key followed by a line break (CR LF)");
        assertThat(verifier.hint(bySecret("HS256", SECRET.substring(32))))
                .isEqualTo("the issuer signs with the Base64-decoded key");
        assertThat(verifier("HS256", SECRET.substring(32)).hint(bySecret("HS256", base64)))
                .isEqualTo("the issuer signs with the Base64-encoded key");
        assertThat(verifier("HS256", base64 + "\n").hint(bySecret("HS256", base64)))
                .isEqualTo("the issuer signs with the key without the white space around it");
        for (String none : List.of(bySecret("HS256", SECRET), "", "a", ".", "a.?", "a.b.c")) {
            assertThat(verifier.hint(none)).isEmpty();
        }
    }

    @Test
    void damaged_tokens_are_refused_without_other_errors() {
        TokenVerifier verifier = verifier("HS256", SECRET);
        String good = bySecret("HS256", SECRET);
        Random random = new Random(7);
        int refused = 0;

        for (int i = 0; i < 5_000; i++) {
            byte[] header = header(random).getBytes(StandardCharsets.UTF_8);
            String token = i % 2 == 0 ? changed(good, random) : encoded(header) + good.substring(good.indexOf('.'));
            if (!token.equals(good)) {
                try {
                    // Only unused bits at the end of the Base64 text were changed.
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

    /** Any header and payload, signed with the secret. */
    private static String raw(String header, String payload) {
        String signed = encoded(header.getBytes(StandardCharsets.UTF_8)) + "."
                + encoded(payload.getBytes(StandardCharsets.UTF_8));
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            return signed + "." + encoded(mac.doFinal(signed.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static void assertRefusal(TokenVerifier verifier, String token, String message) {
        assertFails(verifier, token, ErrorCode.TOKEN_INVALID);
        assertThatThrownBy(() -> claims(verifier, token)).hasMessage(message);
    }

    private static String encoded(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private TokenVerifier verifier(String algorithm, String key) {
        return TokenVerifier.of(
                JwtConfig.of(algorithm, key, false), Platform.system().clock(() -> now));
    }

    private TokenVerifier verifier(String algorithm, String key, String additional) {
        return TokenVerifier.of(
                JwtConfig.of(algorithm, key, false)
                        .alsoVerifying(new JwtConfig.Names("the-alg", "the-key"), algorithm, additional),
                Platform.system().clock(() -> now));
    }

    private static SecureDigestAlgorithm<?, ?> algorithm(String name) {
        return Objects.requireNonNull(Jwts.SIG.get().get(name));
    }

    private static String bySecret(String algorithm, String secret) {
        return Jwts.builder()
                .subject("alice")
                .signWith(TestKeys.secret(secret), (MacAlgorithm) algorithm(algorithm))
                .compact();
    }

    private static String pem(KeyPair pair) {
        return TestKeys.pem("PUBLIC KEY", pair.getPublic().getEncoded());
    }
}
