package dev.carillon.authorizer;

import dev.carillon.auth.Grants;
import dev.carillon.auth.NodeAuthorizer;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Two authorizers beside each other: tokens in the form of a JWT (RFC 7515, section 7.1: three parts in base64url, the first of them an object) go to the
 * first one, all others to the second. So a JWT of the node never reaches the application.
 *
 * @param others also decides about clients without a token
 */
public record TokenFormAuthorizer(NodeAuthorizer jwt, NodeAuthorizer others) implements NodeAuthorizer {
    @Override
    public CompletionStage<Grants> authorize(@Nullable String token) {
        return of(token).authorize(token);
    }

    @Override
    public Optional<Grants> last(String token) {
        return of(token).last(token);
    }

    private NodeAuthorizer of(@Nullable String token) {
        return token != null && isJwt(token) ? jwt : others;
    }

    static boolean isJwt(String token) {
        int first = token.indexOf('.');
        int second = token.indexOf('.', first + 1);
        // The base64url form of an opening brace and a quotation mark or a space, or a line break or tab.
        boolean object = token.startsWith("ey") || token.startsWith("ew");
        return object && first > 0 && second > 0 && token.indexOf('.', second + 1) < 0;
    }
}
