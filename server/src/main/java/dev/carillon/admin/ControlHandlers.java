package dev.carillon.admin;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.cluster.AllNodes;
import dev.carillon.http.Parameters;
import dev.carillon.http.Requests;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.StatusCodes;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Handlers of {@code /admin/drain} and {@code /admin/reload}. */
final class ControlHandlers {
    static final String DRAIN = "/admin/drain";
    static final String RELOAD = "/admin/reload";

    /** Parameter that names another node. */
    static final String NODE = "node";

    private static final Parameters NONE = Parameters.of(List.of(), Map.of());
    private static final Parameters ANY_NODE = Parameters.of(List.of(NODE), Map.of());
    private static final Logger LOGGER = LoggerFactory.getLogger(ControlHandlers.class);

    private final NodeStatus node;
    private final NodeControl control;
    private final AllNodes nodes;

    ControlHandlers(NodeStatus node, NodeControl control, AllNodes nodes) {
        this.nodes = nodes;
        this.node = node;
        this.control = control;
    }

    /** {@code GET /admin/drain}. */
    HttpHandler progress() {
        return exchange -> {
            NONE.check(exchange);
            answer(exchange, StatusCodes.OK);
        };
    }

    /** {@code POST /admin/drain}, of this node or of that of the parameter {@code node}. */
    HttpHandler drain() {
        return exchange -> {
            ANY_NODE.check(exchange);
            Optional<String> other = otherNode(exchange, node);
            if (other.isPresent()) {
                drain(exchange, other.get());
                return;
            }
            LOGGER.atInfo().addKeyValue("node", node.nodeId()).log("an operator requested a drain");
            control.drain();
            answer(exchange, StatusCodes.ACCEPTED);
        };
    }

    private void drain(HttpServerExchange exchange, String other) {
        Requests.then(exchange, () -> nodes.drain(other), begun -> {
            if (!begun) {
                throw new CarillonException(ErrorCode.NOT_FOUND, "there is no node " + Text.printable(other, 64));
            }
            LOGGER.atInfo().addKeyValue("node", other).log("an operator requested a drain of another node");
            exchange.setStatusCode(StatusCodes.ACCEPTED);
            ClusterHealthHandler.send(
                    exchange, JsonNodeFactory.instance.objectNode().put("node", other));
        });
    }

    /** The node that a request names; empty: this one. */
    static Optional<String> otherNode(HttpServerExchange exchange, NodeStatus self) {
        return Requests.parameter(exchange, NODE).filter(id -> !id.equals(self.nodeId()));
    }

    /** {@code POST /admin/reload}. */
    HttpHandler reload() {
        return exchange -> {
            NONE.check(exchange);
            LOGGER.atInfo().addKeyValue("node", node.nodeId()).log("an operator requested a reload");
            control.reload();
            answer(exchange, StatusCodes.ACCEPTED);
        };
    }

    private void answer(HttpServerExchange exchange, int status) {
        ObjectNode body = control.progress().json();
        body.put("node", node.nodeId()).put("generation", node.generation()).put("version", node.version());
        exchange.setStatusCode(status);
        ClusterHealthHandler.send(exchange, body);
    }
}
