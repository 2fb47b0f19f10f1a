package dev.carillon.jwt;

import dev.carillon.base.ConfigException;

/**
 * Verification of tokens with one configured algorithm and key. The header of a token cannot choose another algorithm. Immutable.
 *
 * @param anonymous whether clients without a token may connect
 * @param required claims that tokens must have
 */
public record JwtConfig(VerificationKey key, boolean anonymous, RequiredClaims required) implements VerifierConfig {
    private static final Names NAMES = new Names("jwt-alg", "jwt-key");

    /** Names of the settings with the algorithm and the key, for errors. */
    public record Names(String algorithm, String key) {}

    /** Without required claims. */
    public JwtConfig(VerificationKey key, boolean anonymous) {
        this(key, anonymous, RequiredClaims.NONE);
    }

    /** A copy with other required claims. */
    public JwtConfig requiring(RequiredClaims claims) {
        return new JwtConfig(key, anonymous, claims);
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
