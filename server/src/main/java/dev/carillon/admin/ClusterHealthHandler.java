package dev.carillon.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.cluster.AllNodes;
import dev.carillon.cluster.Answers;
import dev.carillon.cluster.NodeAddress;
import dev.carillon.cluster.NodeHealth;
import dev.carillon.cluster.NodeRecord;
import dev.carillon.http.Requests;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;

/** {@code GET /_health/cluster}: the health that each node reports, and the nodes that do not answer. */
final class ClusterHealthHandler implements HttpHandler {
    static final String ROUTE = "/_health/cluster";

    private final AllNodes nodes;

    ClusterHealthHandler(AllNodes nodes) {
        this.nodes = nodes;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        Requests.then(exchange, nodes::health, answers -> send(exchange, described(answers)));
    }

    private static ObjectNode described(Answers<NodeHealth> answers) {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        boolean well = answers.current()
                && answers.missing().isEmpty()
                && answers.answered().stream()
                        .map(Answers.Answer::value)
                        .allMatch(node -> node.broker().isWell());
        body.put("status", well ? "ok" : "degraded");
        body.put("registry", answers.current() ? "read" : "unavailable");
        ArrayNode list = body.putArray("nodes");
        answers.answered()
                .forEach(one -> identified(list.addObject(), one.node())
                        .setAll(one.value().json()));
        putMissing(body, answers);
        return body;
    }

    /** Adds the nodes that could not be called or did not answer. */
    static void putMissing(ObjectNode body, Answers<?> answers) {
        ArrayNode list = body.putArray("unreachable");
        answers.missing()
                .forEach(one -> identified(list.addObject(), one.node())
                        .put("code", one.code().code())
                        .put("reason", one.reason()));
    }

    private static ObjectNode identified(ObjectNode into, NodeRecord node) {
        return into.put("node", node.id())
                .put("generation", node.generation())
                .put("address", node.address().map(NodeAddress::text).orElse(null));
    }

    static void send(HttpServerExchange exchange, ObjectNode body) {
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "application/json");
        exchange.getResponseSender().send(body.toString());
    }
}
