package dev.carillon.jwt;

/** With what tokens are verified: one key, or the keys that an issuer offers by URL. */
public sealed interface VerifierConfig permits JwtConfig, JwksConfig {
    RequiredClaims required();
}
