package dev.carillon.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.cluster.AllNodes;
import dev.carillon.cluster.Answers;
import dev.carillon.cluster.ConnectionFilter;
import dev.carillon.cluster.ConnectionList;
import dev.carillon.cluster.ControlMessage;
import dev.carillon.http.Parameters;
import dev.carillon.http.Requests;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code GET /admin/connections} lists the connections of all nodes that match the criteria {@code tenant}, {@code user}, {@code session}, {@code
 * context}, {@code scope} and {@code label}; {@code DELETE} closes them.
 */
final class ConnectionsHandler {
    static final String ROUTE = "/admin/connections";

    private static final List<String> CRITERIA = List.of("tenant", "user", "session", "context", "scope", "label");
    private static final String LIMIT = "limit";
    private static final String MESSAGE = "message";
    private static final Parameters LISTING = parameters(LIMIT);
    private static final Parameters CLOSING = parameters(MESSAGE);
    private static final Logger LOGGER = LoggerFactory.getLogger(ConnectionsHandler.class);

    private final AllNodes nodes;

    ConnectionsHandler(AllNodes nodes) {
        this.nodes = nodes;
    }

    private static Parameters parameters(String more) {
        return Parameters.of(Stream.concat(CRITERIA.stream(), Stream.of(more)).toList(), Map.of());
    }

    HttpHandler list() {
        return exchange -> {
            LISTING.check(exchange);
            ControlMessage.ListConnections message =
                    new ControlMessage.ListConnections(filter(exchange), limit(exchange));
            Requests.then(
                    exchange,
                    () -> nodes.connections(message),
                    answers -> ClusterHealthHandler.send(exchange, listed(answers)));
        };
    }

    HttpHandler close() {
        return exchange -> {
            CLOSING.check(exchange);
            ControlMessage.CloseConnections message = new ControlMessage.CloseConnections(
                    filter(exchange), Requests.parameter(exchange, MESSAGE).orElse(null));
            Requests.then(exchange, () -> nodes.close(message), answers -> {
                int closed = answers.answered().stream()
                        .mapToInt(Answers.Answer::value)
                        .sum();
                LOGGER.atInfo()
                        .addKeyValue("filter", message.filter())
                        .addKeyValue("closed", closed)
                        .log("an operator closed connections");
                ObjectNode body = JsonNodeFactory.instance.objectNode().put("closed", closed);
                ArrayNode asked = body.putArray("nodes");
                answers.answered()
                        .forEach(one ->
                                asked.addObject().put("node", one.node().id()).put("closed", one.value()));
                finish(body, answers);
                ClusterHealthHandler.send(exchange, body);
            });
        };
    }

    private static ConnectionFilter filter(HttpServerExchange exchange) {
        return new ConnectionFilter(
                Requests.parameter(exchange, "tenant")
                        .map(name -> checked("tenant", () -> Tenant.ofToken(name)))
                        .orElse(null),
                Requests.parameter(exchange, "user").orElse(null),
                Requests.parameter(exchange, "session").orElse(null),
                Requests.parameter(exchange, "context").orElse(null),
                Requests.parameter(exchange, "scope")
                        .map(text -> checked("scope", () -> Scope.parse(text)))
                        .orElse(null),
                Requests.parameter(exchange, "label").orElse(null));
    }

    private static <T> T checked(String parameter, Supplier<T> value) {
        try {
            return value.get();
        } catch (CarillonException e) {
            throw new CarillonException(ErrorCode.INVALID_REQUEST, "parameter " + parameter + ": " + e.getMessage());
        }
    }

    private static int limit(HttpServerExchange exchange) {
        String text = Requests.parameter(exchange, LIMIT).orElse("" + ControlMessage.ListConnections.MAX);
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new CarillonException(
                    ErrorCode.INVALID_REQUEST,
                    "parameter limit: must be a whole number from 1 to " + ControlMessage.ListConnections.MAX);
        }
    }

    private static ObjectNode listed(Answers<ConnectionList> answers) {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        int matching = 0;
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        for (Answers.Answer<ConnectionList> one : answers.answered()) {
            matching += one.value().matching();
            one.value()
                    .connections()
                    .forEach(connection ->
                            list.addObject().put("node", one.node().id()).setAll(connection));
        }
        body.put("matching", matching).put("truncated", matching > list.size());
        body.set("connections", list);
        finish(body, answers);
        return body;
    }

    /** The nodes that did not answer, or may be unknown. */
    private static void finish(ObjectNode body, Answers<?> answers) {
        body.put("registry", answers.current() ? "read" : "unavailable");
        ClusterHealthHandler.putMissing(body, answers);
    }
}
