package dev.carillon.jwt;

import dev.carillon.auth.KeysUnavailableException;
import dev.carillon.auth.RefusedException;
import dev.carillon.base.Platform;
import io.jsonwebtoken.Claims;
import java.util.concurrent.CompletionStage;

/**
 * Verifies signed tokens (JWS, RFC 7515) with the configured keys and algorithms; a token cannot choose others. Implementations are thread-safe and
 * never block.
 */
public interface TokenVerifier {
    /** The verifier for a configuration. */
    static TokenVerifier of(VerifierConfig config, Platform platform) {
        return switch (config) {
            case JwtConfig jwt -> new KeyVerifier(jwt, platform.clock());
            case JwksConfig jwks -> new JwksVerifier(jwks, platform);
        };
    }

    /**
     * Verifies the signature, {@code exp}, {@code nbf} with a tolerance of 60 s, and the required claims.
     *
     * @param token the token as the client sent it, at most 16,384 characters
     * @return the claims; completes within 6 s, on any thread. Fails with {@link RefusedException}, or with {@link KeysUnavailableException} if the
     *     keys are unavailable. No message contains the token
     */
    CompletionStage<Claims> verify(String token);

    /**
     * Possible cause of a signature that does not match, for example a variant of the key with which the token was signed; empty: unknown. It is for
     * the operator's log, never for a client, and costs more than {@link #verify}.
     */
    default String hint(String token) {
        return "";
    }
}
