package dev.carillon.admin;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.http.Parameters;
import dev.carillon.http.Requests;
import dev.carillon.rebalance.RebalanceConfig;
import dev.carillon.rebalance.RebalanceProgress;
import dev.carillon.rebalance.RebalanceProgress.Terms;
import dev.carillon.rebalance.Rebalancing;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.StatusCodes;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Handlers of {@code /admin/rebalance}: {@code POST} with the optional parameters {@code rate} (streams per second and node) and {@code within} (percent)
 * begins a run, {@code GET} shows how far it is, {@code DELETE} ends it.
 */
final class RebalanceHandler {
    static final String ROUTE = "/admin/rebalance";

    private static final String RATE = "rate";
    private static final String WITHIN = "within";
    private static final int MAX_PERCENT = 50;
    private static final Parameters NONE = Parameters.of(List.of(), Map.of());
    private static final Parameters BEGIN = Parameters.of(List.of(RATE, WITHIN), Map.of());
    private static final Logger LOGGER = LoggerFactory.getLogger(RebalanceHandler.class);

    private final NodeStatus node;
    private final Rebalancing rebalancer;

    RebalanceHandler(NodeStatus node, Rebalancing rebalancer) {
        this.node = node;
        this.rebalancer = rebalancer;
    }

    HttpHandler begin() {
        return exchange -> {
            BEGIN.check(exchange);
            Terms standard = rebalancer.terms();
            Terms terms = new Terms(
                    number(exchange, RATE, RebalanceConfig.MAX_RATE).orElse(standard.rate()),
                    number(exchange, WITHIN, MAX_PERCENT)
                            .map(percent -> percent / 100.0)
                            .orElse(standard.within()));
            Requests.then(exchange, () -> rebalancer.start(terms), begun -> {
                LOGGER.atInfo()
                        .addKeyValue("node", node.nodeId())
                        .addKeyValue("rate", terms.rate())
                        .addKeyValue("within", terms.within())
                        .addKeyValue("streams", begun.streams())
                        .log("an operator requested a rebalance");
                exchange.setStatusCode(StatusCodes.ACCEPTED);
                answer(exchange, begun);
            });
        };
    }

    HttpHandler progress() {
        return exchange -> {
            NONE.check(exchange);
            answer(exchange, rebalancer.progress());
        };
    }

    HttpHandler stop() {
        return exchange -> {
            NONE.check(exchange);
            if (!rebalancer.stop()) {
                throw new CarillonException(
                        ErrorCode.NOT_FOUND, "no rebalance runs that this node has begun; ask the node that has");
            }
            LOGGER.atInfo().addKeyValue("node", node.nodeId()).log("an operator stopped a rebalance");
            exchange.setStatusCode(StatusCodes.ACCEPTED);
            answer(exchange, rebalancer.progress());
        };
    }

    private static Optional<Integer> number(HttpServerExchange exchange, String name, int max) {
        return Requests.parameter(exchange, name).map(text -> {
            try {
                int number = Integer.parseInt(text);
                if (number >= 1 && number <= max) {
                    return number;
                }
            } catch (NumberFormatException e) {
                // The exception below names the rule.
            }
            throw new CarillonException(
                    ErrorCode.INVALID_REQUEST, "parameter " + name + ": must be a whole number from 1 to " + max);
        });
    }

    private void answer(HttpServerExchange exchange, RebalanceProgress progress) {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.put("phase", progress.phase().name().toLowerCase(Locale.ROOT)).put("node", node.nodeId());
        if (!progress.detail().isEmpty()) {
            body.put("detail", progress.detail());
        }
        body.put("round", progress.round()).put("released", progress.released());
        ObjectNode streams = body.putObject("streams");
        progress.streams().forEach(streams::put);
        ClusterHealthHandler.send(exchange, body);
    }
}
