package dev.carillon.auth;

import dev.carillon.base.ConfigException;

/**
 * How tokens are verified: one algorithm, fixed here, and its key. The token's own header chooses nothing.
 *
 * @param anonymous whether clients without a token may connect
 */
public record JwtConfig(VerificationKey key, boolean anonymous) implements VerifierConfig {
    private static final Names NAMES = new Names("jwt-alg", "jwt-key");

    /** Of the settings that hold algorithm and key, for errors. */
    public record Names(String algorithm, String key) {}

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
