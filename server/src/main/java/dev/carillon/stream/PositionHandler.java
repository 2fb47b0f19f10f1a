package dev.carillon.stream;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.carillon.auth.Authorizer;
import dev.carillon.broker.Log;
import dev.carillon.http.Origins;
import dev.carillon.http.Parameters;
import dev.carillon.http.Requests;
import dev.carillon.http.Sessions;
import dev.carillon.revocation.Revocations;
import dev.carillon.scope.Cursor;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import java.util.List;
import java.util.Map;

/**
 * {@code GET /position?scope=…}: the cursor of the end of the log. An application asks for it before it loads its state; a stream from this cursor then
 * has every event that the state may lack.
 */
final class PositionHandler implements HttpHandler {
    private static final Parameters PARAMETERS =
            Parameters.of(List.of("scope"), Map.of("route", "give scope=route:…", "topic", "give scope=topic:…"));

    private final Authorizer authorizer;
    private final Sessions sessions;
    private final Revocations revocations;
    private final Origins origins;
    private final Log log;

    PositionHandler(Authorizer authorizer, Sessions sessions, Revocations revocations, Origins origins, Log log) {
        this.revocations = revocations;
        this.authorizer = authorizer;
        this.sessions = sessions;
        this.origins = origins;
        this.log = log;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        PARAMETERS.check(exchange);
        HistoryHandler.readable(exchange, authorizer, origins, sessions, revocations, (grants, own) -> {
            // One position serves all scopes of a tenant today; a log that is split by scope will need them.
            boolean _ = HistoryHandler.scopes(exchange, grants, own).isEmpty();
            Requests.then(exchange, () -> log.head(grants.tenant()), head -> {
                exchange.getResponseHeaders()
                        .put(Headers.CONTENT_TYPE, "application/json")
                        .put(Headers.CACHE_CONTROL, "no-store");
                exchange.getResponseSender()
                        .send(JsonNodeFactory.instance
                                .objectNode()
                                .put("cursor", Cursor.of(head))
                                .toString());
            });
        });
    }
}
