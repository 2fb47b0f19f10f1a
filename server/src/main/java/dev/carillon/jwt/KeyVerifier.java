package dev.carillon.jwt;

import dev.carillon.auth.RefusedException;
import dev.carillon.base.ErrorCode;
import dev.carillon.jwt.VerificationKey.None;
import dev.carillon.jwt.VerificationKey.Public;
import dev.carillon.jwt.VerificationKey.Secret;
import io.jsonwebtoken.Claims;
import io.jsonwebtoken.JwtParser;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Verifies tokens with one key and one algorithm. Its results are always complete. */
final class KeyVerifier implements TokenVerifier {
    private final VerificationKey key;
    private final SignedTokens tokens;
    private final @Nullable JwtParser parser;

    KeyVerifier(JwtConfig config, InstantSource clock) {
        this.key = config.key();
        switch (key) {
            case Secret(var algorithm, var secret) -> {
                tokens = new SignedTokens(List.of(algorithm), clock, config.required());
                parser = tokens.parser().verifyWith(secret).build();
            }
            case Public(var algorithm, var publicKey) -> {
                tokens = new SignedTokens(List.of(algorithm), clock, config.required());
                parser = tokens.parser().verifyWith(publicKey).build();
            }
            case None _ -> {
                tokens = new SignedTokens(List.of(), clock, config.required());
                parser = null;
            }
        }
    }

    @Override
    public CompletionStage<Claims> verify(String token) {
        if (parser == null) {
            return CompletableFuture.failedFuture(new RefusedException(
                    ErrorCode.TOKEN_INVALID, "tokens are not accepted: this node has no key to verify them"));
        }
        try {
            return CompletableFuture.completedFuture(tokens.claims(parser, token));
        } catch (RefusedException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    @Override
    public String hint(String token) {
        return key instanceof Secret secret ? SecretMismatch.hint(secret, token) : "";
    }
}
