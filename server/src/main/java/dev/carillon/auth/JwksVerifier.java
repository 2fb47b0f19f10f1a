package dev.carillon.auth;

import dev.carillon.base.ErrorCode;
import io.jsonwebtoken.Claims;
import io.jsonwebtoken.JwtParser;
import io.jsonwebtoken.Jwts;
import io.jsonwebtoken.security.SecureDigestAlgorithm;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;

/** Verifies tokens with the keys of a {@link KeyRing}; a token whose key is not known has them fetched anew, and is tried once more. */
final class JwksVerifier implements TokenVerifier {
    private final List<SecureDigestAlgorithm<?, ?>> algorithms;
    private final InstantSource clock;
    private final JwksClient client;
    private final KeyRing keys;

    JwksVerifier(JwksConfig config, InstantSource clock, LongSupplier nanoTime) {
        this(config, clock, nanoTime, JwksClient.TIMEOUT);
    }

    /** @param timeout for an answer of the issuer, body and all */
    JwksVerifier(JwksConfig config, InstantSource clock, LongSupplier nanoTime, Duration timeout) {
        this.algorithms = config.algorithms().stream()
                .<SecureDigestAlgorithm<?, ?>>map(Jwts.SIG.get()::forKey)
                .toList();
        this.clock = clock;
        this.client = new JwksClient(config.url(), timeout);
        this.keys = new KeyRing(config.url().getHost(), this::fetch, nanoTime);
    }

    private JwtParser fetch() throws IOException, InterruptedException {
        return SignedTokens.parser(algorithms, clock)
                .keyLocator(PublicKeys.parse(client.fetch()))
                .build();
    }

    @Override
    public CompletionStage<Claims> verify(String token) {
        return keys.current().thenCompose(known -> {
            try {
                return CompletableFuture.completedFuture(SignedTokens.claims(known, token));
            } catch (PublicKeys.UnknownKeyException e) {
                return keys.after(known).thenApply(newer -> last(newer, token));
            }
        });
    }

    private static Claims last(JwtParser parser, String token) {
        try {
            return SignedTokens.claims(parser, token);
        } catch (PublicKeys.UnknownKeyException e) {
            throw new RefusedException(ErrorCode.TOKEN_INVALID, "the token is not valid here");
        }
    }
}
