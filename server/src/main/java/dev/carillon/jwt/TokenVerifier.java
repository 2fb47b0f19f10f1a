package dev.carillon.jwt;

import dev.carillon.auth.KeysUnavailableException;
import dev.carillon.auth.RefusedException;
import dev.carillon.base.Platform;
import io.jsonwebtoken.Claims;
import java.util.concurrent.CompletionStage;

/**
 * Verifies signed tokens (JWS, RFC 7515): what signs them is fixed by configuration, the token chooses nothing. Implementations are
 * thread-safe and never block.
 */
public interface TokenVerifier {
    static TokenVerifier of(VerifierConfig config, Platform platform) {
        return switch (config) {
            case JwtConfig jwt -> new KeyVerifier(jwt, platform.clock());
            case JwksConfig jwks -> new JwksVerifier(jwks, platform);
        };
    }

    /**
     * The claims of a token that is good now: its signature, {@code exp}, {@code nbf} with a tolerance of 60 s, and what the
     * configuration requires.
     *
     * @param token as the client presented it, at most 16 KiB
     * @return within 6 s, on any thread; fails with {@link RefusedException}, and with {@link KeysUnavailableException} where the token may be
     *     good, but the keys cannot be had. No message repeats the token.
     */
    CompletionStage<Claims> verify(String token);

    /**
     * What the operator may look at where the signature of a token does not match, as a variant of the key by which it does; empty:
     * nothing is known. Never for a client, and costs more than {@link #verify}.
     */
    default String hint(String token) {
        return "";
    }
}
