package dev.carillon.jwt;

import dev.carillon.auth.RefusedException;
import dev.carillon.base.ErrorCode;
import dev.carillon.jwt.VerificationKey.None;
import dev.carillon.jwt.VerificationKey.Public;
import dev.carillon.jwt.VerificationKey.Secret;
import io.jsonwebtoken.Claims;
import io.jsonwebtoken.JwtParser;
import io.jsonwebtoken.security.SecureDigestAlgorithm;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

/**
 * Verifies tokens with one algorithm and its key, or either of two keys. Its results are always complete. A token that the first key does not verify
 * costs a second verification, if there is a second key.
 */
final class KeyVerifier implements TokenVerifier {
    private final List<VerificationKey> keys;
    private final SignedTokens tokens;
    /** In the order of the keys; empty: no token is accepted. */
    private final List<JwtParser> parsers;

    KeyVerifier(JwtConfig config, InstantSource clock) {
        keys = Stream.concat(Stream.of(config.key()), config.additional().stream())
                .toList();
        tokens = new SignedTokens(
                keys.stream().flatMap(KeyVerifier::algorithm).distinct().toList(), clock, config.required());
        parsers = keys.stream().flatMap(this::parser).toList();
    }

    private static Stream<SecureDigestAlgorithm<?, ?>> algorithm(VerificationKey key) {
        return switch (key) {
            case Secret secret -> Stream.of(secret.algorithm());
            case Public signature -> Stream.of(signature.algorithm());
            case None _ -> Stream.empty();
        };
    }

    private Stream<JwtParser> parser(VerificationKey key) {
        return switch (key) {
            case Secret secret ->
                Stream.of(tokens.parser().verifyWith(secret.key()).build());
            case Public signature ->
                Stream.of(tokens.parser().verifyWith(signature.key()).build());
            case None _ -> Stream.empty();
        };
    }

    @Override
    public CompletionStage<Claims> verify(String token) {
        if (parsers.isEmpty()) {
            return CompletableFuture.failedFuture(new RefusedException(
                    ErrorCode.TOKEN_INVALID, "tokens are not accepted: this node has no key to verify them"));
        }
        try {
            return CompletableFuture.completedFuture(tokens.claims(parsers, token));
        } catch (RefusedException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    @Override
    public String hint(String token) {
        return keys.stream()
                .map(key -> key instanceof Secret secret ? SecretMismatch.hint(secret, token) : "")
                .filter(hint -> !hint.isEmpty())
                .findFirst()
                .orElse("");
    }
}
