package dev.carillon.jwt;

import dev.carillon.base.ConfigException;
import java.util.Optional;

/**
 * Verification of tokens with one configured algorithm and its key. The header of a token cannot choose another algorithm. Immutable.
 *
 * @param additional a second key for the same algorithm, while one is replaced by the other: a token is valid if either verifies it
 * @param anonymous whether clients without a token may connect
 * @param required claims that tokens must have
 */
public record JwtConfig(
        VerificationKey key, Optional<VerificationKey> additional, boolean anonymous, RequiredClaims required)
        implements VerifierConfig {
    private static final Names NAMES = new Names("jwt-alg", "jwt-key");

    /** Names of the settings with the algorithm and the key, for errors. */
    public record Names(String algorithm, String key) {}

    /** Without required claims. */
    public JwtConfig(VerificationKey key, boolean anonymous) {
        this(key, Optional.empty(), anonymous, RequiredClaims.NONE);
    }

    /** A copy with other required claims. */
    public JwtConfig requiring(RequiredClaims claims) {
        return new JwtConfig(key, additional, anonymous, claims);
    }

    /**
     * A copy that also accepts tokens of a second key for the same algorithm.
     *
     * @param names names of the settings with the algorithm and the second key, for errors
     * @param text text of the second key
     * @throws ConfigException if it breaks a rule; it does not show the key
     */
    public JwtConfig alsoVerifying(Names names, String algorithm, String text) {
        return new JwtConfig(key, Optional.of(VerificationKey.of(names, algorithm, text)), anonymous, required);
    }

    /** Whether a key is a shared secret that {@link VerificationKey#guessable} considers weak. */
    public boolean guessable() {
        return key.guessable() || additional.filter(VerificationKey::guessable).isPresent();
    }

    /**
     * Reads the values of the settings {@code jwt-alg} and {@code jwt-key}.
     *
     * @throws ConfigException if they break a rule; it does not show the key
     */
    public static JwtConfig of(String algorithm, String key, boolean anonymous) {
        return of(NAMES, algorithm, key, anonymous);
    }

    /**
     * Reads the values of two settings.
     *
     * @param names names of the settings, for errors
     * @param algorithm name of an algorithm (RFC 7518, section 3.1)
     * @param key text of the key, see {@link VerificationKey#of}
     * @throws ConfigException if they break a rule; it does not show the key
     */
    public static JwtConfig of(Names names, String algorithm, String key, boolean anonymous) {
        return new JwtConfig(VerificationKey.of(names, algorithm, key), anonymous);
    }
}
