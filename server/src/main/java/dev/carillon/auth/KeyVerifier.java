package dev.carillon.auth;

import io.jsonwebtoken.Claims;
import io.jsonwebtoken.JwtParser;
import io.jsonwebtoken.JwtParserBuilder;
import java.security.PublicKey;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import javax.crypto.SecretKey;

/** Verifies tokens with one key and one algorithm; answers at once. */
final class KeyVerifier implements TokenVerifier {
    private final JwtParser parser;

    KeyVerifier(JwtConfig config, InstantSource clock) {
        JwtParserBuilder builder = SignedTokens.parser(List.of(config.algorithm()), clock);
        this.parser = (config.key() instanceof SecretKey secret
                        ? builder.verifyWith(secret)
                        : builder.verifyWith((PublicKey) config.key()))
                .build();
    }

    @Override
    public CompletionStage<Claims> verify(String token) {
        try {
            return CompletableFuture.completedFuture(SignedTokens.claims(parser, token));
        } catch (RefusedException e) {
            return CompletableFuture.failedFuture(e);
        }
    }
}
