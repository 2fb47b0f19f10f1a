package dev.carillon.admin;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.carillon.broadcast.Broadcaster;
import dev.carillon.http.Parameters;
import dev.carillon.http.Requests;
import dev.carillon.scope.Event;
import dev.carillon.scope.Tenant;
import dev.carillon.stream.BroadcastRequest;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code POST /admin/broadcast?tenant=…}: broadcasts an event for an operator, to any scope of any tenant. The body is that of {@code /broadcast}. */
final class BroadcastHandler implements HttpHandler {
    static final String ROUTE = "/admin/broadcast";

    private static final String TENANT = "tenant";
    private static final int MAX_BODY_BYTES = 64 * 1024;
    private static final Parameters PARAMETERS = Parameters.of(List.of(TENANT), Map.of());
    private static final Logger LOGGER = LoggerFactory.getLogger(BroadcastHandler.class);

    private final NodeStatus node;
    private final Function<Event, CompletionStage<Broadcaster.Receipt>> broadcasts;

    BroadcastHandler(NodeStatus node, Function<Event, CompletionStage<Broadcaster.Receipt>> broadcasts) {
        this.node = node;
        this.broadcasts = broadcasts;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        PARAMETERS.check(exchange);
        Tenant tenant = WhyHandler.tenant(exchange);
        Requests.body(exchange, MAX_BODY_BYTES, body -> {
            Event event = BroadcastRequest.parse(body, tenant);
            Requests.then(exchange, () -> broadcasts.apply(event), receipt -> {
                LOGGER.atInfo()
                        .addKeyValue("node", node.nodeId())
                        .addKeyValue("tenant", event.tenant())
                        .addKeyValue("scopes", event.scopes().size())
                        .addKeyValue("id", receipt.id())
                        .log("an operator broadcast an event");
                ClusterHealthHandler.send(
                        exchange,
                        JsonNodeFactory.instance
                                .objectNode()
                                .put("id", receipt.id())
                                .put("nodeOnly", receipt.nodeOnly()));
            });
        });
    }
}
