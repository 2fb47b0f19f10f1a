package dev.carillon.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.cluster.BrokerState;
import dev.carillon.source.intake.SourceState;
import dev.carillon.source.intake.SourceStatus;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.StatusCodes;

/**
 * {@code GET /_health}, for proxies: {@code ok}; {@code degraded} while the broker is unavailable for some tenants or refuses writes; {@code draining} with 503
 * when the node drains or stops. A degraded node stays in service by default, because its open streams stay open.
 */
public final class HealthHandler implements HttpHandler {
    /** Identifies the cluster, so that a proxy, which does not read the body, can detect nodes of different clusters. */
    private static final HttpString CLUSTER = HttpString.tryFromString("Carillon-Cluster");

    /** How much the answer says. */
    public enum Detail {
        /** The status alone. */
        STATUS,
        /** Also version, node, broker and counts. */
        COUNTS,
        /** Also addresses of the broker's servers, for operators. */
        ADDRESSES
    }

    private final NodeStatus node;
    private final int degradedStatus;
    private final Detail detail;

    /** @param degradedStatus HTTP status while {@code degraded} */
    public HealthHandler(NodeStatus node, int degradedStatus, Detail detail) {
        this.node = node;
        this.degradedStatus = degradedStatus;
        this.detail = detail;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        BrokerState broker = node.broker();
        if (!node.serving()) {
            exchange.setStatusCode(StatusCodes.SERVICE_UNAVAILABLE);
            body.put("status", "draining");
        } else if (!broker.isWell()) {
            exchange.setStatusCode(degradedStatus);
            body.put("status", "degraded");
        } else {
            body.put("status", "ok");
        }
        node.cluster().ifPresent(id -> exchange.getResponseHeaders().put(CLUSTER, id));
        if (detail != Detail.STATUS) {
            describe(body, broker);
        }
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "application/json");
        exchange.getResponseSender().send(body.toString());
    }

    private void describeSources(ArrayNode list) {
        for (SourceStatus source : node.sources()) {
            ObjectNode each = list.addObject().put("name", source.name());
            switch (source.state()) {
                case SourceState.Standby _ -> each.put("state", "standby");
                case SourceState.Consuming _ -> each.put("state", "consuming");
                case SourceState.Waiting(String problem) ->
                    each.put("state", "waiting").put("problem", problem);
                case SourceState.Failed(String problem) ->
                    each.put("state", "failed").put("problem", problem);
            }
            source.pending().ifPresent(count -> each.put("pending", count));
        }
    }

    private void describe(ObjectNode body, BrokerState broker) {
        body.put("version", node.version());
        body.put("node", node.nodeId());
        broker.putTo(body.putObject("broker"), detail == Detail.ADDRESSES);
        node.authorizerAvailable()
                .ifPresent(available -> body.putObject("authorizer").put("available", available));
        if (detail == Detail.ADDRESSES && !node.sources().isEmpty()) {
            describeSources(body.putArray("sources"));
        }
        body.putObject("connections").put("contexts", node.contexts()).put("open", node.connections());
        ObjectNode cluster = body.putObject("cluster");
        cluster.put("nodes", node.clusterNodes()).put("contexts", node.clusterContexts());
        node.cluster().ifPresent(id -> cluster.put("id", id));
    }
}
