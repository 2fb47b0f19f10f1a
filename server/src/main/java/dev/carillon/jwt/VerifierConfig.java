package dev.carillon.jwt;

/** Configuration of token verification: one key, or the URL of an issuer's keys. */
public sealed interface VerifierConfig permits JwtConfig, JwksConfig {
    /** Claims that tokens must have. */
    RequiredClaims required();
}
