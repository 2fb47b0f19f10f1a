package dev.carillon.jwt;

import dev.carillon.base.ConfigException;
import dev.carillon.secret.KeyFormat;
import io.jsonwebtoken.Jwts;
import io.jsonwebtoken.security.Keys;
import io.jsonwebtoken.security.MacAlgorithm;
import io.jsonwebtoken.security.SecureDigestAlgorithm;
import io.jsonwebtoken.security.SignatureAlgorithm;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.util.List;
import java.util.Locale;
import javax.crypto.SecretKey;

/**
 * What verifies tokens: an algorithm with a key of the kind that it takes. A public key cannot become a shared secret: with it any
 * client could make tokens.
 */
public sealed interface VerificationKey {
    /** HS256, HS384 or HS512: the same key signs. */
    record Secret(MacAlgorithm algorithm, SecretKey key) implements VerificationKey {}

    /** RS, PS, ES or EdDSA: the issuer signs with the private key. */
    record Public(SignatureAlgorithm algorithm, PublicKey key) implements VerificationKey {}

    /** No token can be verified: every one is refused. */
    record None() implements VerificationKey {}

    /** Whether it is a shared secret that {@link KeyFormat#guessable} finds weak. */
    default boolean guessable() {
        return this instanceof Secret secret && KeyFormat.guessable(secret.key().getEncoded());
    }

    /**
     * From the settings of an algorithm and a key.
     *
     * @param text a shared secret (HS256, HS384, HS512: at least 32, 48, 64 bytes), or a public key or certificate as PEM
     * @throws ConfigException that does not show the key
     */
    static VerificationKey of(JwtConfig.Names names, String algorithm, String text) {
        // The registry takes no empty name.
        SecureDigestAlgorithm<?, ?> known =
                algorithm.isEmpty() ? null : Jwts.SIG.get().get(algorithm);
        return switch (known) {
            case MacAlgorithm mac -> new Secret(mac, secret(names, algorithm, text));
            case SignatureAlgorithm signature -> new Public(signature, publicKey(names, algorithm, text));
            case null, default -> throw unknown(names, algorithm);
        };
    }

    private static ConfigException unknown(JwtConfig.Names names, String algorithm) {
        return new ConfigException(
                names.algorithm(),
                algorithm,
                "must be one of HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA");
    }

    private static SecretKey secret(JwtConfig.Names names, String algorithm, String text) {
        switch (KeyFormat.of(text)) {
            case KeyFormat.OfPublicKey(PublicKey key) ->
                throw hidden(
                        names,
                        "is a public key, " + algorithm.toUpperCase(Locale.ROOT)
                                + " needs a shared secret that no client knows: " + fitting(names, key));
            case KeyFormat.Unusable(String rule) -> throw hidden(names, rule);
            case KeyFormat.PlainText _ -> {}
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int min = Integer.parseInt(algorithm.substring(2)) / 8;
        if (bytes.length < min) {
            throw hidden(names, "must have at least " + min + " bytes for " + algorithm + ", it has " + bytes.length);
        }
        return Keys.hmacShaKeyFor(bytes);
    }

    private static PublicKey publicKey(JwtConfig.Names names, String algorithm, String text) {
        return switch (KeyFormat.of(text)) {
            case KeyFormat.OfPublicKey(PublicKey key)
            when KeyFormat.algorithms(key).contains(algorithm) -> key;
            case KeyFormat.OfPublicKey(PublicKey key) ->
                throw hidden(names, "is not a public key for " + algorithm + ": " + fitting(names, key));
            case KeyFormat.Unusable(String rule) -> throw hidden(names, rule);
            case KeyFormat.PlainText _ ->
                throw hidden(names, "must be a public key as PEM (-----BEGIN PUBLIC KEY----- …) for " + algorithm);
        };
    }

    private static String fitting(JwtConfig.Names names, PublicKey key) {
        List<String> algorithms = KeyFormat.algorithms(key);
        return algorithms.isEmpty()
                ? "no algorithm of JWS takes it (RSA needs at least 2048 bits, EC the curve P-256, P-384 or P-521)"
                : "it fits " + names.algorithm() + " " + String.join(", ", algorithms);
    }

    private static ConfigException hidden(JwtConfig.Names names, String rule) {
        return new ConfigException(names.key(), "(hidden)", rule);
    }
}
