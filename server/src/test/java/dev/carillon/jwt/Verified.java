package dev.carillon.jwt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.testkit.Patience;
import io.jsonwebtoken.Claims;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** Assertions about the result of verifying a token. */
final class Verified {
    private Verified() {}

    static Claims claims(TokenVerifier verifier, String token) {
        return join(verifier.verify(token));
    }

    static void assertRefused(TokenVerifier verifier, String token) {
        assertFails(verifier, token, ErrorCode.TOKEN_INVALID);
    }

    static void assertFails(TokenVerifier verifier, String token, ErrorCode code) {
        Throwable failure = catchThrowable(() -> claims(verifier, token));

        assertThat(failure).isInstanceOfSatisfying(CarillonException.class, e -> {
            assertThat(e.code()).isEqualTo(code);
            if (token.length() > 5) {
                assertThat(String.valueOf(e.getMessage())).doesNotContain(token);
            }
        });
    }

    static <T> T join(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture()
                    .orTimeout(Patience.LIMIT_SECONDS, TimeUnit.SECONDS)
                    .join();
        } catch (CompletionException e) {
            throw (RuntimeException) Objects.requireNonNull(e.getCause());
        }
    }
}
