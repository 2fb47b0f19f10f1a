package dev.carillon.stream;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.auth.Authorizer;
import dev.carillon.auth.Grants;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.broadcast.Broadcaster;
import dev.carillon.broker.Idempotency;
import dev.carillon.http.Origins;
import dev.carillon.http.Parameters;
import dev.carillon.http.Requests;
import dev.carillon.scope.Event;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.StatusCodes;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /broadcast}: broadcasts an event and answers {@code {"id": …}} when the event is in the log. A JSON list, or lines of JSON, are a {@link
 * BroadcastBatch}.
 */
public final class BroadcastHandler implements HttpHandler {
    private static final String JSON = "application/json";
    private static final String NDJSON = "application/x-ndjson";
    /** Data of the maximum size with every character escaped as six bytes, plus the maximum of everything else. */
    private static final int MAX_BODY_BYTES = 6 * Event.MAX_DATA_BYTES + 128 * 1024;

    /** There are no query parameters: the event is in the body. */
    private static final Parameters PARAMETERS = Parameters.of(List.of(), Map.of());

    private final Authorizer authorizer;
    private final Origins origins;
    private final Broadcaster broadcaster;

    public BroadcastHandler(Authorizer authorizer, Origins origins, Broadcaster broadcaster) {
        this.authorizer = authorizer;
        this.origins = origins;
        this.broadcaster = broadcaster;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        PARAMETERS.check(exchange);
        Requests.authorized(exchange, authorizer, origins, grants -> read(exchange, grants));
    }

    private void read(HttpServerExchange exchange, Grants grants) {
        broadcaster.requireAnyGranted(grants);
        String header = exchange.getRequestHeaders().getFirst(Headers.CONTENT_TYPE);
        String type = header == null
                ? ""
                : header.toLowerCase(Locale.ROOT).split(";", 2)[0].strip();
        if (!type.equals(JSON) && !type.equals(NDJSON)) {
            throw new CarillonException(
                    ErrorCode.UNSUPPORTED_MEDIA_TYPE, "header Content-Type: must be " + JSON + " or " + NDJSON);
        }
        Requests.body(exchange, MAX_BODY_BYTES, body -> {
            if (type.equals(NDJSON)) {
                broadcastAll(exchange, grants, batch -> batch.broadcastLines(body));
            } else if (BroadcastBatch.isList(body)) {
                broadcastAll(exchange, grants, batch -> batch.broadcastList(body));
            } else {
                broadcast(exchange, grants, body);
            }
        });
    }

    private void broadcastAll(
            HttpServerExchange exchange,
            Grants grants,
            Function<BroadcastBatch, CompletableFuture<BroadcastBatch.Results>> action) {
        Optional<Idempotency> by = Requests.idempotencyKey(exchange);
        String key = by.orElse(null) instanceof Idempotency.Key(String text) ? text : null;
        BroadcastBatch batch = new BroadcastBatch(broadcaster, grants, key, traceparent(exchange));
        Requests.then(exchange, () -> action.apply(batch), results -> {
            if (!results.complete()) {
                exchange.setStatusCode(StatusCodes.MULTI_STATUS);
            }
            exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, JSON);
            exchange.getResponseSender().send(results.json().toString());
        });
    }

    private void broadcast(HttpServerExchange exchange, Grants grants, byte[] body) {
        Event event = BroadcastRequest.parse(body, grants.tenant()).withTraceparent(traceparent(exchange));
        broadcaster.requireGranted(grants, event.scopes());
        Idempotency by = Requests.idempotencyKey(exchange).orElse(Idempotency.BY_ID);
        Requests.then(exchange, () -> broadcaster.broadcast(grants, event, by), receipt -> {
            exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, JSON);
            exchange.getResponseSender().send(json(receipt).toString());
        });
    }

    private @Nullable String traceparent(HttpServerExchange exchange) {
        return broadcaster.isTraced() ? Requests.traceparent(exchange) : null;
    }

    static ObjectNode json(Broadcaster.Receipt receipt) {
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("id", receipt.id());
        return receipt.nodeOnly() ? json.put("reach", "node") : json;
    }
}
