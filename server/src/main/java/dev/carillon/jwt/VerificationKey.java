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
 * An algorithm and a key of a type that it supports, to verify tokens. A public key is refused as a shared secret, because every client that knows it
 * could sign tokens.
 */
public sealed interface VerificationKey {
    /** HS256, HS384 or HS512; the issuer signs with the same key. */
    record Secret(MacAlgorithm algorithm, SecretKey key) implements VerificationKey {}

    /** RS256 to RS512, PS256 to PS512, ES256 to ES512, or EdDSA; the issuer signs with the private key. */
    record Public(SignatureAlgorithm algorithm, PublicKey key) implements VerificationKey {}

    /** No key; every token is refused. */
    record None() implements VerificationKey {}

    /** Whether this is a shared secret that {@link KeyFormat#guessable} considers weak. */
    default boolean guessable() {
        return this instanceof Secret secret && KeyFormat.guessable(secret.key().getEncoded());
    }

    /**
     * Reads the values of the settings for an algorithm and its key.
     *
     * @param names names of the settings, for errors
     * @param algorithm name of an algorithm (RFC 7518, section 3.1)
     * @param text a shared secret of at least 32, 48 or 64 bytes for HS256, HS384 or HS512; or a public key or certificate in PEM
     * @throws ConfigException if the values break a rule; it does not show the key
     */
    static VerificationKey of(JwtConfig.Names names, String algorithm, String text) {
        // The registry throws for an empty name.
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
                        "is a public key, but " + algorithm.toUpperCase(Locale.ROOT)
                                + " needs a shared secret that no client knows: " + supported(names, key));
            case KeyFormat.Unusable(String rule) -> throw hidden(names, rule);
            case KeyFormat.PlainText _ -> {}
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int min = Integer.parseInt(algorithm.substring(2)) / 8;
        if (bytes.length < min) {
            throw hidden(names, "must have at least " + min + " bytes for " + algorithm + ", but has " + bytes.length);
        }
        return Keys.hmacShaKeyFor(bytes);
    }

    private static PublicKey publicKey(JwtConfig.Names names, String algorithm, String text) {
        return switch (KeyFormat.of(text)) {
            case KeyFormat.OfPublicKey(PublicKey key)
            when KeyFormat.algorithms(key).contains(algorithm) -> key;
            case KeyFormat.OfPublicKey(PublicKey key) ->
                throw hidden(names, "is not a public key for " + algorithm + ": " + supported(names, key));
            case KeyFormat.Unusable(String rule) -> throw hidden(names, rule);
            case KeyFormat.PlainText _ ->
                throw hidden(names, "must be a public key in PEM (-----BEGIN PUBLIC KEY----- …) for " + algorithm);
        };
    }

    private static String supported(JwtConfig.Names names, PublicKey key) {
        List<String> algorithms = KeyFormat.algorithms(key);
        return algorithms.isEmpty()
                ? "no JWS algorithm supports it (RSA needs at least 2048 bits, EC the curve P-256, P-384 or P-521)"
                : "it is for " + names.algorithm() + " " + String.join(", ", algorithms);
    }

    private static ConfigException hidden(JwtConfig.Names names, String rule) {
        return new ConfigException(names.key(), "(hidden)", rule);
    }
}
