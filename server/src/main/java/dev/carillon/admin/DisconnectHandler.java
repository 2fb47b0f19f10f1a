package dev.carillon.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.cluster.AllNodes;
import dev.carillon.cluster.Answers;
import dev.carillon.cluster.ControlMessage;
import dev.carillon.http.Parameters;
import dev.carillon.http.Requests;
import dev.carillon.scope.Tenant;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code DELETE /contexts/{id}?tenant=…}: closes the connections of a context, on whichever node they are. */
final class DisconnectHandler implements HttpHandler {
    static final String ROUTE = "/contexts/{id}";

    private static final String ID = "id";
    private static final String TENANT = "tenant";
    private static final Parameters PARAMETERS = Parameters.of(List.of(TENANT, ID), Map.of());
    private static final Logger LOGGER = LoggerFactory.getLogger(DisconnectHandler.class);

    private final AllNodes nodes;

    DisconnectHandler(AllNodes nodes) {
        this.nodes = nodes;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        PARAMETERS.check(exchange);
        // Undertow merges parameters of path and query: an id in both is a repeated parameter, which is refused.
        String id = Requests.parameter(exchange, ID).orElse("");
        ControlMessage.Disconnect message = new ControlMessage.Disconnect(
                Requests.parameter(exchange, TENANT)
                        .map(DisconnectHandler::tenant)
                        .orElse(Tenant.DEFAULT),
                id);
        Requests.then(exchange, () -> nodes.disconnect(message), answers -> answer(exchange, message, answers));
    }

    private static Tenant tenant(String name) {
        try {
            return Tenant.ofToken(name);
        } catch (CarillonException e) {
            throw new CarillonException(ErrorCode.INVALID_REQUEST, "parameter tenant: " + e.getMessage());
        }
    }

    private static void answer(
            HttpServerExchange exchange, ControlMessage.Disconnect message, Answers<Integer> answers) {
        int closed = answers.answered().stream().mapToInt(Answers.Answer::value).sum();
        LOGGER.atInfo()
                .addKeyValue("tenant", message.tenant())
                .addKeyValue("context", message.context())
                .addKeyValue("closed", closed)
                .addKeyValue("missing", missing(answers))
                .log("an operator disconnected a context");
        if (closed == 0) {
            throw notFound(answers);
        }
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.put("tenant", message.tenant().name()).put("context", message.context());
        body.put("closed", closed);
        ArrayNode asked = body.putArray("nodes");
        answers.answered()
                .forEach(one -> asked.addObject().put("node", one.node().id()).put("closed", one.value()));
        ClusterHealthHandler.putMissing(body, answers);
        ClusterHealthHandler.send(exchange, body);
    }

    /** {@code not-found} only when every node has answered; otherwise a node that did not answer may have the context. */
    private static CarillonException notFound(Answers<?> answers) {
        String asked = answers.answered().stream().map(one -> one.node().id()).collect(Collectors.joining(", "));
        if (!answers.missing().isEmpty()) {
            return new CarillonException(
                    ErrorCode.NODE_UNREACHABLE,
                    "no node that answered has a connection of this context (asked: " + asked + "); no answer from "
                            + missing(answers));
        }
        return answers.current()
                ? new CarillonException(
                        ErrorCode.NOT_FOUND, "no node has a connection of this context; asked: " + asked)
                : new CarillonException(
                        ErrorCode.BROKER_UNAVAILABLE,
                        "no known node has a connection of this context (asked: " + asked
                                + "), but the registry of nodes cannot be read");
    }

    private static String missing(Answers<?> answers) {
        return answers.missing().stream()
                .map(one -> one.node().id() + " (" + one.code().code() + ": " + one.reason() + ")")
                .collect(Collectors.joining(", "));
    }
}
