package dev.carillon.admin;

import dev.carillon.cluster.CallSigner;
import dev.carillon.cluster.CallVerifier;
import dev.carillon.cluster.Control;
import dev.carillon.cluster.ControlMessage;
import dev.carillon.http.Requests;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.RoutingHandler;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** Routes of the internal port, for other nodes: {@code /_cluster/control} and {@code /_cluster/health}. Every call must be signed. */
public final class InternalRoutes {
    private final CallVerifier verifier;
    private final Control control;

    public InternalRoutes(CallVerifier verifier, Control control) {
        this.verifier = verifier;
        this.control = control;
    }

    public void add(RoutingHandler routes) {
        routes.post(Control.MESSAGES, x -> answer(x, ControlMessage.MAX_BYTES, control::handle));
        routes.post(Control.HEALTH, x -> answer(x, 0, none -> CompletableFuture.completedStage(control.ownHealth())));
    }

    /** Verifies the call before it reads the body. */
    private void answer(HttpServerExchange exchange, int maxBytes, Function<byte[], CompletionStage<byte[]>> action) {
        HeaderValues given = exchange.getRequestHeaders().get(CallSigner.HEADER);
        CallVerifier.Accepted call = verifier.accept(
                exchange.getRequestMethod().toString(), path(exchange), given == null ? List.of() : given);
        Requests.body(exchange, maxBytes, body -> {
            call.verifyBody(body);
            Requests.then(exchange, () -> action.apply(body), answer -> {
                exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "application/json");
                exchange.getResponseSender().send(ByteBuffer.wrap(answer));
            });
        });
    }

    /** Path and query in the form in which the caller signed them. */
    private static String path(HttpServerExchange exchange) {
        String query = exchange.getQueryString();
        return exchange.getRequestURI() + (query.isEmpty() ? "" : "?" + query);
    }
}
