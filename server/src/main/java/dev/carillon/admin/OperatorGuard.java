package dev.carillon.admin;

import dev.carillon.auth.RefusedException;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.http.Origins;
import dev.carillon.http.Requests;
import dev.carillon.jwt.RefusalLog;
import dev.carillon.secret.OperatorToken;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Guards a route that changes something: requires the operators' token and refuses requests from pages of other sites. A node without an
 * operators' token refuses every request.
 */
final class OperatorGuard implements HttpHandler {
    private final Optional<OperatorToken> token;
    private final RefusalLog refusals;
    private final HttpHandler next;

    OperatorGuard(Optional<OperatorToken> token, RefusalLog refusals, HttpHandler next) {
        this.token = token;
        this.refusals = refusals;
        this.next = next;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) throws Exception {
        if (Origins.isForeign(exchange)) {
            throw new CarillonException(ErrorCode.ORIGIN_REFUSED, "pages of other sites may not use the admin port");
        }
        OperatorToken expected = token.orElseThrow(() -> new CarillonException(
                ErrorCode.OPERATOR_ROUTES_DISABLED, "this node was started without operator-token"));
        String given = Requests.bearer(exchange);
        if (given == null) {
            throw new CarillonException(
                    ErrorCode.TOKEN_MISSING, "the operators' token is required: Authorization: Bearer TOKEN");
        }
        if (!expected.matches(given)) {
            RefusedException refused =
                    new RefusedException(ErrorCode.TOKEN_INVALID, "the token does not equal operator-token");
            CompletionStage<Object> _ = refusals.watch(CompletableFuture.failedStage(refused), () -> "");
            throw refused;
        }
        next.handleRequest(exchange);
    }
}
