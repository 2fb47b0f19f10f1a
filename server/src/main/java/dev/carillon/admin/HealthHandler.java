package dev.carillon.admin;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.StatusCodes;

/**
 * {@code GET /_health}, for proxies: {@code ok}; {@code degraded} while the broker is unavailable or refuses writes; {@code draining} with 503
 * when the node drains or stops. A degraded node stays in service by default, because its open streams stay open.
 */
public final class HealthHandler implements HttpHandler {
    /** Identifies the cluster, so that a proxy, which does not read the body, can detect nodes of different clusters. */
    private static final HttpString CLUSTER = HttpString.tryFromString("Carillon-Cluster");

    private final NodeStatus node;
    private final int degradedStatus;
    private final boolean detail;

    /**
     * @param degradedStatus HTTP status while {@code degraded}
     * @param detail whether the answer contains version, node, broker and counts, which are for operators
     */
    public HealthHandler(NodeStatus node, int degradedStatus, boolean detail) {
        this.node = node;
        this.degradedStatus = degradedStatus;
        this.detail = detail;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        boolean connected = node.brokerConnected();
        boolean writable = connected && node.brokerWritable();
        if (!node.serving()) {
            exchange.setStatusCode(StatusCodes.SERVICE_UNAVAILABLE);
            body.put("status", "draining");
        } else if (!writable) {
            exchange.setStatusCode(degradedStatus);
            body.put("status", "degraded");
        } else {
            body.put("status", "ok");
        }
        node.cluster().ifPresent(id -> exchange.getResponseHeaders().put(CLUSTER, id));
        if (detail) {
            describe(body, connected, writable);
        }
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "application/json");
        exchange.getResponseSender().send(body.toString());
    }

    private void describe(ObjectNode body, boolean connected, boolean writable) {
        body.put("version", node.version());
        body.put("node", node.nodeId());
        body.putObject("broker")
                .put("driver", node.brokerDriver())
                .put("connected", connected)
                .put("writable", writable);
        node.authorizerAvailable()
                .ifPresent(available -> body.putObject("authorizer").put("available", available));
        body.putObject("connections").put("contexts", node.contexts()).put("open", node.connections());
        ObjectNode cluster = body.putObject("cluster");
        cluster.put("nodes", node.clusterNodes()).put("contexts", node.clusterContexts());
        node.cluster().ifPresent(id -> cluster.put("id", id));
    }
}
