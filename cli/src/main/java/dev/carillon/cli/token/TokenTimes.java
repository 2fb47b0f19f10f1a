package dev.carillon.cli.token;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The times in a token, which need not be valid in any way.
 *
 * @param isToken whether it has the form of a JWT
 * @param notBefore empty: it does not say
 * @param expires empty: it does not say
 * @param mistakes common mistakes, each with what to do; none for a text that is no JWT
 */
public record TokenTimes(
        boolean isToken, Optional<Instant> notBefore, Optional<Instant> expires, List<String> mistakes) {
    /** Reads a token as a client sends it, without {@code Bearer}. */
    public static TokenTimes of(String token) {
        TokenParts parts = TokenParts.of(token);
        return new TokenTimes(
                parts.isWhole(),
                parts.claims().flatMap(all -> TokenParts.instant(all.path("nbf"))),
                parts.claims().flatMap(all -> TokenParts.instant(all.path("exp"))),
                parts.isWhole() ? List.copyOf(parts.mistakes()) : List.of());
    }
}
