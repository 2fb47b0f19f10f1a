package dev.carillon.stream;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.auth.Authorizer;
import dev.carillon.auth.Grants;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.http.JsonMembers;
import dev.carillon.http.Origins;
import dev.carillon.http.Parameters;
import dev.carillon.http.Requests;
import dev.carillon.http.Sessions;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * {@code POST /events/renew} with {@code {"context": …}}: replaces the token of the open streams of a context by that of the request, on whichever node
 * they are. The request must come from the session of the context; the token must be of the same tenant and user.
 */
final class RenewHandler implements HttpHandler {
    static final String ROUTE = "/events/renew";

    private static final int MAX_BODY_BYTES = 4 * 1024;
    private static final Parameters NONE = Parameters.of(List.of(), Map.of());

    private final Authorizer authorizer;
    private final Sessions sessions;
    private final Origins origins;
    private final TokenRenewal local;
    private final Renewal elsewhere;
    private final InstantSource clock;

    RenewHandler(
            Authorizer authorizer,
            Sessions sessions,
            Origins origins,
            TokenRenewal local,
            Renewal elsewhere,
            InstantSource clock) {
        this.authorizer = authorizer;
        this.sessions = sessions;
        this.origins = origins;
        this.local = local;
        this.elsewhere = elsewhere;
        this.clock = clock;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        NONE.check(exchange);
        String token = Requests.token(exchange).text();
        if (token == null) {
            throw new CarillonException(ErrorCode.TOKEN_MISSING, "the request must have the new token");
        }
        Requests.authorized(
                exchange,
                authorizer,
                origins,
                grants -> Requests.body(exchange, MAX_BODY_BYTES, body -> renew(exchange, grants, token, body)));
    }

    private void renew(HttpServerExchange exchange, Grants grants, String token, byte[] body) {
        JsonMembers json = JsonMembers.of("body", body);
        json.requireOnly(Set.of("context"));
        String context = json.required("context");
        if (!context.matches("[A-Za-z0-9_-]{1,64}")) {
            throw json.invalid("context", "must have 1 to 64 letters, digits, '-' or '_'");
        }
        String session = sessions.known(exchange, grants.user());
        if (session == null) {
            throw notFound();
        }
        Requests.then(exchange, () -> renew(grants, context, session, token), renewed -> {
            if (renewed == 0) {
                throw notFound();
            }
            ObjectNode answer = JsonNodeFactory.instance.objectNode().put("renewed", renewed);
            Instant end = grants.expiresAt();
            if (end != null) {
                answer.put(
                        "expires_in",
                        Math.max(0, end.getEpochSecond() - clock.instant().getEpochSecond()));
            }
            exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "application/json");
            exchange.getResponseSender().send(answer.toString());
        });
    }

    private CompletionStage<Integer> renew(Grants grants, String context, String session, String token) {
        return local.renew(grants, context, session)
                .thenCompose(renewed -> renewed > 0
                        ? CompletableFuture.completedFuture(renewed)
                        : elsewhere.renew(grants.tenant(), context, session, token));
    }

    /** The same for a context of another session, user or tenant, which the client must not learn of. */
    private static CarillonException notFound() {
        return new CarillonException(
                ErrorCode.NOT_FOUND, "no open stream of this session, tenant and user has the context");
    }
}
