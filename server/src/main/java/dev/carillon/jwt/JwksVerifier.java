package dev.carillon.jwt;

import dev.carillon.auth.RefusedException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import io.jsonwebtoken.Claims;
import io.jsonwebtoken.JwtParser;
import io.jsonwebtoken.Jwts;
import io.jsonwebtoken.security.SecureDigestAlgorithm;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;

/** Verifies tokens with the keys of a {@link KeyRing}. If a token's key is unknown, the keys are fetched again, and the token is verified again. */
final class JwksVerifier implements TokenVerifier {
    private final SignedTokens tokens;
    private final JwksClient client;
    private final KeyRing keys;

    JwksVerifier(JwksConfig config, Platform platform) {
        this(config, platform, JwksClient.TIMEOUT);
    }

    /** @param timeout limit for a complete response of the issuer */
    JwksVerifier(JwksConfig config, Platform platform, Duration timeout) {
        this.tokens = new SignedTokens(
                config.algorithms().stream()
                        .<SecureDigestAlgorithm<?, ?>>map(Jwts.SIG.get()::forKey)
                        .toList(),
                platform.clock(),
                config.required());
        Executor threads = platform.threads().each("carillon-keys");
        this.client = new JwksClient(config.url(), timeout, threads);
        this.keys = new KeyRing(config.url().getHost(), this::fetch, platform.nanoTime(), threads);
    }

    private JwtParser fetch() throws IOException, InterruptedException {
        return tokens.parser().keyLocator(PublicKeys.parse(client.fetch())).build();
    }

    @Override
    public CompletionStage<Claims> verify(String token) {
        return keys.current().thenCompose(known -> {
            try {
                return CompletableFuture.completedFuture(tokens.claims(known, token));
            } catch (PublicKeys.UnknownKeyException e) {
                return keys.newerThan(known).thenApply(newer -> retry(newer, token));
            }
        });
    }

    private Claims retry(JwtParser parser, String token) {
        try {
            return tokens.claims(parser, token);
        } catch (PublicKeys.UnknownKeyException e) {
            throw new RefusedException(
                    ErrorCode.TOKEN_INVALID,
                    "the issuer's JWK Set has no key for the token: check the headers kid and alg of the token",
                    "the JWK Set is fetched at most every " + KeyRing.FETCH_INTERVAL.toSeconds() + " s");
        }
    }
}
