package dev.carillon.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.http.Parameters;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.StatusCodes;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Handlers of {@code /admin/drain} and {@code /admin/reload}. */
final class ControlHandlers {
    static final String DRAIN = "/admin/drain";
    static final String RELOAD = "/admin/reload";

    private static final Parameters NONE = Parameters.of(List.of(), Map.of());
    private static final Logger LOGGER = LoggerFactory.getLogger(ControlHandlers.class);

    private final NodeStatus node;
    private final NodeControl control;

    ControlHandlers(NodeStatus node, NodeControl control) {
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

    /** {@code POST /admin/drain}. */
    HttpHandler drain() {
        return exchange -> {
            NONE.check(exchange);
            LOGGER.atInfo().addKeyValue("node", node.nodeId()).log("an operator requested a drain");
            control.drain();
            answer(exchange, StatusCodes.ACCEPTED);
        };
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
