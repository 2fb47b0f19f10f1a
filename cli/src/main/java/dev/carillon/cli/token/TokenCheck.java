package dev.carillon.cli.token;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carillon.auth.Grants;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.base.Text;
import dev.carillon.jwt.JwtAuthorizer;
import dev.carillon.jwt.JwtConfig;
import dev.carillon.jwt.TokenVerifier;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;

/** Explains a token: what it contains, whether a node with a given key accepts it, why not, and what to do. The verdict is that of the code of a node. */
public final class TokenCheck {
    private static final int WIDTH = 13;

    private final JwtConfig config;
    private final String algorithm;
    private final Platform platform;
    private final List<String> lines = new ArrayList<>();

    private TokenCheck(JwtConfig config, String algorithm, Platform platform) {
        this.config = config;
        this.algorithm = algorithm;
        this.platform = platform;
    }

    /**
     * @param lines for people
     * @param accepted whether a node accepts the token
     */
    public record Result(List<String> lines, boolean accepted) {}

    /**
     * Checks a token. It contains nothing of the key.
     *
     * @param token as a client sends it; {@code Bearer} before it is removed
     * @param algorithm of the nodes
     */
    public static Result of(String token, JwtConfig config, String algorithm, Platform platform) {
        String text = token.strip();
        boolean bearer = text.regionMatches(true, 0, "Bearer ", 0, 7);
        return new TokenCheck(config, algorithm, platform)
                .result(bearer ? text.substring(7).strip() : text);
    }

    private Result result(String token) {
        TokenParts parts = TokenParts.of(token);
        describe(parts);
        Grants grants = null;
        CarillonException refused = null;
        try {
            if (token.length() > TokenParts.MAX_LENGTH) {
                throw new CarillonException(
                        ErrorCode.TOKEN_INVALID,
                        "the token must have at most " + TokenParts.MAX_LENGTH + " characters, but has "
                                + token.length());
            }
            grants = new JwtAuthorizer(config, new SimpleMeterRegistry(), platform)
                    .authorize(token)
                    .toCompletableFuture()
                    .join();
        } catch (CompletionException e) {
            if (!(e.getCause() instanceof CarillonException known)) {
                throw e;
            }
            refused = known;
        } catch (CarillonException e) {
            refused = e;
        }
        if (grants != null) {
            line("verdict", "valid: a node with this key accepts it");
        } else if (refused != null) {
            line("verdict", "refused, " + refused.code().code() + ": " + refused.getMessage());
        }
        advice(parts, token, refused != null).forEach(advice -> line("note", advice));
        return new Result(List.copyOf(lines), refused == null);
    }

    private void line(String name, String value) {
        lines.add(name + " ".repeat(Math.max(1, WIDTH - name.length())) + value);
    }

    private void describe(TokenParts parts) {
        parts.header().ifPresent(header -> line("algorithm", parts.text(header, "alg", "none is named")));
        Optional<JsonNode> claims = parts.claims();
        if (claims.isEmpty()) {
            return;
        }
        JsonNode all = claims.get();
        line("issued", time(all, "iat", "not said"));
        line("not before", time(all, "nbf", "no limit"));
        line("expires", time(all, "exp", "never"));
        line("issuer", parts.text(all, "iss", "none"));
        line("audience", parts.text(all, "aud", "none"));
        JsonNode carillon = all.path("carillon");
        line("tenant", parts.text(carillon, "tenant", "default"));
        line("user", parts.text(all, "sub", "none"));
        line("broadcast", parts.list(carillon, "broadcast", "nothing"));
        line("read", parts.list(carillon, "read", "no private events but those of its own user and session"));
        JsonNode mercure = all.path("mercure");
        if (!mercure.isMissingNode()) {
            line("hub publish", parts.list(mercure, "publish", "nothing"));
            line("hub subscribe", parts.list(mercure, "subscribe", "no private updates"));
        }
    }

    private String time(JsonNode claims, String name, String absent) {
        JsonNode value = claims.path(name);
        if (value.isMissingNode()) {
            return absent;
        }
        Optional<Instant> at = TokenParts.instant(value);
        if (at.isEmpty()) {
            return "not a time: " + Text.printable(value.toString(), 40);
        }
        Duration until = Duration.between(platform.clock().instant(), at.get());
        return at.get() + (until.isNegative() ? ", " + words(until.negated()) + " ago" : ", in " + words(until));
    }

    private static String words(Duration length) {
        if (length.toDays() > 1) {
            return length.toDays() + " days";
        }
        if (length.toHours() > 1) {
            return length.toHours() + " hours";
        }
        return length.toMinutes() > 1 ? length.toMinutes() + " minutes" : length.toSeconds() + " seconds";
    }

    /** What to do, in the order in which it is noticed. */
    private List<String> advice(TokenParts parts, String token, boolean refused) {
        List<String> advice = new ArrayList<>(parts.mistakes());
        String named = parts.header().map(header -> header.path("alg").asText()).orElse(algorithm);
        if (!named.equals(algorithm)) {
            advice.add("it is signed with " + Text.printable(named, 20) + ", and the nodes verify " + algorithm
                    + " (jwt-alg): sign with that, or set jwt-alg and jwt-key of the nodes");
        } else if (refused && parts.isWhole()) {
            String hint = TokenVerifier.of(config, platform).hint(token);
            if (!hint.isEmpty()) {
                advice.add(hint + ": sign with exactly the bytes of the key");
            }
        }
        return advice;
    }
}
