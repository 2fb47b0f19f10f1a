package dev.carillon.jwt;

import dev.carillon.base.ConfigException;

/**
 * How tokens are verified: one algorithm, fixed here, and its key. The token's own header chooses nothing.
 *
 * @param anonymous whether clients without a token may connect
 * @param required what a token must name
 */
public record JwtConfig(VerificationKey key, boolean anonymous, RequiredClaims required) implements VerifierConfig {
    private static final Names NAMES = new Names("jwt-alg", "jwt-key");

    /** Of the settings that hold algorithm and key, for errors. */
    public record Names(String algorithm, String key) {}

    public JwtConfig(VerificationKey key, boolean anonymous) {
        this(key, anonymous, RequiredClaims.NONE);
    }

    /** The same, but that tokens must name these. */
    public JwtConfig requiring(RequiredClaims claims) {
        return new JwtConfig(key, anonymous, claims);
    }

    /** From the settings {@code jwt-alg} and {@code jwt-key}. */
    public static JwtConfig of(String algorithm, String key, boolean anonymous) {
        return of(NAMES, algorithm, key, anonymous);
    }

    /**
     * From settings of these names.
     *
     * @param key as {@link VerificationKey#of} takes it
     * @throws ConfigException that does not show the key
     */
    public static JwtConfig of(Names names, String algorithm, String key, boolean anonymous) {
        return new JwtConfig(VerificationKey.of(names, algorithm, key), anonymous);
    }
}
