package dev.carillon.jwt;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.auth.RefusedException;
import dev.carillon.base.ErrorCode;
import io.jsonwebtoken.Claims;
import io.jsonwebtoken.JwtException;
import io.jsonwebtoken.JwtParser;
import io.jsonwebtoken.JwtParserBuilder;
import io.jsonwebtoken.Jwts;
import io.jsonwebtoken.PrematureJwtException;
import io.jsonwebtoken.security.SecureDigestAlgorithm;
import io.jsonwebtoken.security.SecurityException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads signed tokens, alike for every kind of key. A token is good from its {@code nbf}, less {@link #NBF_TOLERANCE}, until its
 * {@code exp}, without a tolerance: nothing lasts longer than its issuer said, a stream neither. The times are read here, not by the
 * parser, which takes texts and lets numbers overflow. Thread-safe.
 */
final class SignedTokens {
    /** An issuer whose clock is ahead writes a begin that this node has not reached; to begin early extends nothing. */
    static final Duration NBF_TOLERANCE = Duration.ofSeconds(60);

    /** The largest number that JSON carries exactly everywhere (RFC 8259, section 6); as milliseconds it fits into 64 bits. */
    static final long MAX_SECONDS = (1L << 53) - 1;

    private static final List<String> DATES = List.of("exp", "nbf", "iat");
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    /** So large that the parser refuses nothing for its time. */
    private static final long ANY_SKEW_SECONDS = Long.MAX_VALUE / 4_000;

    private final Map<String, SecureDigestAlgorithm<?, ?>> algorithms;
    private final InstantSource clock;
    private final RequiredClaims required;

    /** @param algorithms that are accepted; all others are refused */
    SignedTokens(Collection<SecureDigestAlgorithm<?, ?>> algorithms, InstantSource clock, RequiredClaims required) {
        this.algorithms = algorithms.stream().collect(Collectors.toMap(SecureDigestAlgorithm::getId, a -> a));
        this.clock = clock;
        this.required = required;
    }

    /** Takes the algorithms and no other; the keys are to be added. */
    JwtParserBuilder parser() {
        return Jwts.parser()
                .clockSkewSeconds(ANY_SKEW_SECONDS)
                .sig()
                .clear()
                .add(algorithms.values())
                .and();
    }

    /** @throws RefusedException for a token that is bad, has expired or is not valid yet */
    Claims claims(JwtParser parser, String token) {
        check(token);
        Claims claims;
        try {
            claims = parser.parseSignedClaims(token).getPayload();
        } catch (PrematureJwtException e) {
            throw notYet("nbf is years ahead");
        } catch (SecurityException e) {
            throw refused("the signature of the token does not match the key");
        } catch (JwtException | IllegalArgumentException e) {
            throw refused("the token is malformed");
        }
        Instant now = clock.instant();
        Date exp = claims.getExpiration();
        if (exp != null && !now.isBefore(exp.toInstant())) {
            throw new RefusedException(
                    ErrorCode.TOKEN_EXPIRED,
                    "the token has expired",
                    "exp was " + Duration.between(exp.toInstant(), now).toSeconds()
                            + " s ago by the clock of this node");
        }
        Date nbf = claims.getNotBefore();
        if (nbf != null && now.isBefore(nbf.toInstant().minus(NBF_TOLERANCE))) {
            throw notYet("nbf is " + Duration.between(now, nbf.toInstant()).toSeconds()
                    + " s ahead of the clock of this node");
        }
        required.check(claims);
        return claims;
    }

    /** All that can be told without a key. */
    private void check(String token) {
        String[] parts = token.split("\\.", -1);
        if (parts.length != 3) {
            throw refused("the token is malformed: must be three parts of Base64url with dots in between");
        }
        JsonNode header = json("header", parts[0]);
        if (header.has("crit")) {
            // An extension that is not understood must be refused, and an empty list must not be there (RFC 7515,
            // section 4.1.11).
            throw refused("the token has the header crit: no extensions are understood");
        }
        String algorithm = header.path("alg").isTextual() ? header.path("alg").textValue() : "";
        if (!algorithms.containsKey(algorithm)) {
            throw new RefusedException(
                    ErrorCode.TOKEN_INVALID,
                    "the algorithm of the token is not accepted: " + shown(algorithm),
                    "accepted: "
                            + String.join(
                                    ", ", algorithms.keySet().stream().sorted().toList()));
        }
        JsonNode payload = json("payload", parts[1]);
        for (String name : DATES) {
            checkDate(name, payload.get(name));
        }
    }

    private static JsonNode json(String part, String base64) {
        try {
            JsonNode json = JSON.readTree(Base64.getUrlDecoder().decode(base64));
            if (json.isObject()) {
                return json;
            }
        } catch (IOException | IllegalArgumentException e) {
            // Told below; its message may quote the token.
        }
        throw refused("the token is malformed: the " + part + " must be a JSON object in Base64url");
    }

    /** A NumericDate (RFC 7519, section 2): seconds, perhaps with a fraction, which is dropped. */
    private static void checkDate(String name, @Nullable JsonNode date) {
        if (date != null && !(date.isNumber() && date.doubleValue() >= 0 && date.doubleValue() <= MAX_SECONDS)) {
            throw refused("claim " + name + ": must be a number of seconds from 0 to " + MAX_SECONDS);
        }
    }

    /** Of an unverified token only names that are known are repeated. */
    private static String shown(String algorithm) {
        return !algorithm.isEmpty() && Jwts.SIG.get().containsKey(algorithm) ? algorithm : "an unknown one";
    }

    private static RefusedException notYet(String hint) {
        return new RefusedException(ErrorCode.TOKEN_INVALID, "the token is not valid yet: see its claim nbf", hint);
    }

    private static RefusedException refused(String message) {
        return new RefusedException(ErrorCode.TOKEN_INVALID, message);
    }
}
