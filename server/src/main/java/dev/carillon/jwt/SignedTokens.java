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
 * Checks signed tokens, for all kinds of keys. A token is valid from {@code nbf} minus {@link #NBF_TOLERANCE} until {@code exp}. There is no tolerance
 * for {@code exp}, so that no stream lasts longer than the issuer allowed. This class reads the dates itself, because the parser also accepts
 * texts and lets numbers overflow. Thread-safe.
 */
final class SignedTokens {
    /** Tolerates an issuer's clock that is ahead of this node's. It does not extend the end of a token. */
    static final Duration NBF_TOLERANCE = Duration.ofSeconds(60);

    /** The largest integer that a JSON number holds exactly everywhere (RFC 8259, section 6); in milliseconds it fits into 64 bits. */
    static final long MAX_SECONDS = (1L << 53) - 1;

    private static final List<String> DATES = List.of("exp", "nbf", "iat");
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    /** So large that the parser refuses no token because of its dates. */
    private static final long ANY_SKEW_SECONDS = Long.MAX_VALUE / 4_000;

    private final Map<String, SecureDigestAlgorithm<?, ?>> algorithms;
    private final InstantSource clock;
    private final RequiredClaims required;

    /** @param algorithms accepted algorithms; all others are refused */
    SignedTokens(Collection<SecureDigestAlgorithm<?, ?>> algorithms, InstantSource clock, RequiredClaims required) {
        this.algorithms = algorithms.stream().collect(Collectors.toMap(SecureDigestAlgorithm::getId, a -> a));
        this.clock = clock;
        this.required = required;
    }

    /** A parser for the accepted algorithms only; the caller adds the keys. */
    JwtParserBuilder parser() {
        return Jwts.parser()
                .clockSkewSeconds(ANY_SKEW_SECONDS)
                .sig()
                .clear()
                .add(algorithms.values())
                .and();
    }

    /** As the other method, with one key. */
    Claims claims(JwtParser parser, String token) {
        return claims(List.of(parser), token);
    }

    /**
     * Verifies a token and returns its claims.
     *
     * @param parsers one for each key, at least one; a signature that one does not verify is tried with the next
     * @throws RefusedException if the token is invalid, expired or not valid yet
     */
    Claims claims(List<JwtParser> parsers, String token) {
        checkForm(token);
        Claims claims = null;
        for (JwtParser parser : parsers) {
            try {
                claims = parser.parseSignedClaims(token).getPayload();
                break;
            } catch (PrematureJwtException e) {
                throw notYet("nbf is years ahead of the clock of this node");
            } catch (SecurityException e) {
                // The next key.
            } catch (JwtException | IllegalArgumentException e) {
                throw refused("the token is malformed");
            }
        }
        if (claims == null) {
            throw refused("the token's signature does not match the verification key");
        }
        Instant now = clock.instant();
        Date exp = claims.getExpiration();
        if (exp != null && !now.isBefore(exp.toInstant())) {
            throw new RefusedException(
                    ErrorCode.TOKEN_EXPIRED,
                    "the token has expired (claim exp): request a new one",
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

    /** Checks everything that does not need the key. */
    private void checkForm(String token) {
        String[] parts = token.split("\\.", -1);
        if (parts.length != 3) {
            throw refused("the token is malformed: it must have three parts in Base64url, separated by dots");
        }
        JsonNode header = json("header", parts[0]);
        if (header.has("crit")) {
            // Unknown extensions must be refused, and an empty list is forbidden (RFC 7515, section 4.1.11).
            throw refused("the token has the header crit: this node supports no extensions");
        }
        String algorithm = header.path("alg").isTextual() ? header.path("alg").textValue() : "";
        if (!algorithms.containsKey(algorithm)) {
            throw new RefusedException(
                    ErrorCode.TOKEN_INVALID,
                    "the token's algorithm (header alg) is not accepted: " + printable(algorithm),
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
            // Refused below without the cause, whose message may quote the token.
        }
        throw refused("the token is malformed: the " + part + " must be a JSON object in Base64url");
    }

    /** Checks a NumericDate (RFC 7519, section 2): seconds since 1970. A fraction is allowed and ignored. */
    private static void checkDate(String name, @Nullable JsonNode date) {
        if (date != null && !(date.isNumber() && date.doubleValue() >= 0 && date.doubleValue() <= MAX_SECONDS)) {
            throw refused("claim " + name + ": must be a number of seconds since 1970, from 0 to " + MAX_SECONDS);
        }
    }

    /** Messages repeat only known names from an unverified token. */
    private static String printable(String algorithm) {
        return !algorithm.isEmpty() && Jwts.SIG.get().containsKey(algorithm) ? algorithm : "unknown";
    }

    private static RefusedException notYet(String hint) {
        return new RefusedException(
                ErrorCode.TOKEN_INVALID, "the token is not valid yet (claim nbf): retry later", hint);
    }

    private static RefusedException refused(String message) {
        return new RefusedException(ErrorCode.TOKEN_INVALID, message);
    }
}
