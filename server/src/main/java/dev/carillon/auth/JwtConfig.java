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
import java.util.Locale;

/**
 * How tokens are verified: one algorithm, fixed here, and its key. The token's own header chooses nothing.
 *
 * @param anonymous whether clients without a token may connect
 */
public record JwtConfig(SecureDigestAlgorithm<?, ?> algorithm, Key key, boolean anonymous) {
    private static final String KEY = "jwt-key";
    private static final String PEM_BEGIN = "-----BEGIN PUBLIC KEY-----";
    private static final String PEM_END = "-----END PUBLIC KEY-----";

    /**
     * From the settings {@code jwt-alg} and {@code jwt-key}.
     *
     * @param key a shared secret (HS256, HS384, HS512: at least 32, 48, 64 bytes), or a public key as PEM
     * @throws ConfigException that does not show the key
     */
    public static JwtConfig of(String algorithm, String key, boolean anonymous) {
        SecureDigestAlgorithm<?, ?> known = Jwts.SIG.get().get(algorithm);
        if (known == null || algorithm.toLowerCase(Locale.ROOT).equals("none")) {
            throw new ConfigException(
                    "jwt-alg",
                    algorithm,
                    "must be one of HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA");
        }
        return new JwtConfig(
                known, algorithm.startsWith("HS") ? secret(algorithm, key) : publicKey(algorithm, key), anonymous);
    }

    private static Key secret(String algorithm, String key) {
        byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
        int min = Integer.parseInt(algorithm.substring(2)) / 8;
        if (bytes.length < min) {
            throw new ConfigException(
                    KEY,
                    "(hidden)",
                    "must have at least " + min + " bytes for " + algorithm + ", it has " + bytes.length);
        }
        return Keys.hmacShaKeyFor(bytes);
    }

    private static Key publicKey(String algorithm, String pem) {
        int begin = pem.indexOf(PEM_BEGIN);
        int end = pem.indexOf(PEM_END);
        if (begin < 0 || end < begin) {
            throw new ConfigException(
                    KEY, "(hidden)", "must be a public key as PEM (" + PEM_BEGIN + " …) for " + algorithm);
        }
        String family = algorithm.startsWith("ES") ? "EC" : algorithm.equals("EdDSA") ? "EdDSA" : "RSA";
        try {
            byte[] der = Base64.getMimeDecoder().decode(pem.substring(begin + PEM_BEGIN.length(), end));
            return KeyFactory.getInstance(family).generatePublic(new X509EncodedKeySpec(der));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new ConfigException(KEY, "(hidden)", "is not a readable " + family + " public key");
        }
    }
}
