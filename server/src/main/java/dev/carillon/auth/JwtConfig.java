package dev.carillon.auth;

import dev.carillon.base.ConfigException;
import io.jsonwebtoken.Jwts;
import io.jsonwebtoken.security.Keys;
import io.jsonwebtoken.security.SecureDigestAlgorithm;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/**
 * How tokens are verified: one algorithm, fixed here, and its key. The token's own header chooses nothing.
 *
 * @param anonymous whether clients without a token may connect
 */
public record JwtConfig(SecureDigestAlgorithm<?, ?> algorithm, Key key, boolean anonymous) implements VerifierConfig {
    private static final Names NAMES = new Names("jwt-alg", "jwt-key");
    private static final String PEM_BEGIN = "-----BEGIN PUBLIC KEY-----";
    private static final String PEM_END = "-----END PUBLIC KEY-----";

    /** Of the settings that hold algorithm and key, for errors. */
    public record Names(String algorithm, String key) {}

    /** From the settings {@code jwt-alg} and {@code jwt-key}. */
    public static JwtConfig of(String algorithm, String key, boolean anonymous) {
        return of(NAMES, algorithm, key, anonymous);
    }

    /**
     * From settings of these names.
     *
     * @param key a shared secret (HS256, HS384, HS512: at least 32, 48, 64 bytes), or a public key as PEM
     * @throws ConfigException that does not show the key
     */
    public static JwtConfig of(Names names, String algorithm, String key, boolean anonymous) {
        SecureDigestAlgorithm<?, ?> known = Jwts.SIG.get().get(algorithm);
        if (known == null || algorithm.toLowerCase(Locale.ROOT).equals("none")) {
            throw new ConfigException(
                    names.algorithm(),
                    algorithm,
                    "must be one of HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA");
        }
        return new JwtConfig(
                known,
                algorithm.startsWith("HS") ? secret(names, algorithm, key) : publicKey(names, algorithm, key),
                anonymous);
    }

    private static Key secret(Names names, String algorithm, String key) {
        byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
        int min = Integer.parseInt(algorithm.substring(2)) / 8;
        if (bytes.length < min) {
            throw new ConfigException(
                    names.key(),
                    "(hidden)",
                    "must have at least " + min + " bytes for " + algorithm + ", it has " + bytes.length);
        }
        return Keys.hmacShaKeyFor(bytes);
    }

    private static Key publicKey(Names names, String algorithm, String pem) {
        int begin = pem.indexOf(PEM_BEGIN);
        int end = pem.indexOf(PEM_END);
        if (begin < 0 || end < begin) {
            throw new ConfigException(
                    names.key(), "(hidden)", "must be a public key as PEM (" + PEM_BEGIN + " …) for " + algorithm);
        }
        byte[] der;
        try {
            der = Base64.getMimeDecoder().decode(pem.substring(begin + PEM_BEGIN.length(), end));
        } catch (IllegalArgumentException e) {
            der = new byte[0];
        }
        List<String> families = families(algorithm);
        for (String family : families) {
            try {
                return KeyFactory.getInstance(family).generatePublic(new X509EncodedKeySpec(der));
            } catch (GeneralSecurityException e) {
                // Maybe of the other family; else told below.
            }
        }
        throw new ConfigException(names.key(), "(hidden)", "is not a readable " + families.getFirst() + " public key");
    }

    /** An RSA key may be marked as one for PSS alone (RFC 4055, section 1.2). */
    private static List<String> families(String algorithm) {
        return switch (algorithm.substring(0, 2)) {
            case "ES" -> List.of("EC");
            case "Ed" -> List.of("EdDSA");
            case "PS" -> List.of("RSA", "RSASSA-PSS");
            default -> List.of("RSA");
        };
    }
}
