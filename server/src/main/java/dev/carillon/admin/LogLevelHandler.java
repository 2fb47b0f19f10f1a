package dev.carillon.admin;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.ProcessLog;
import dev.carillon.base.Text;
import dev.carillon.cluster.AllNodes;
import dev.carillon.cluster.ControlMessage;
import dev.carillon.http.Parameters;
import dev.carillon.http.Requests;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Methods;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code GET /admin/log-level?logger=…} answers the level of a logger, {@code POST /admin/log-level?level=…&logger=…&node=…} sets it until the process ends, at this node
 * or at another. Only loggers of Carillon: at low levels libraries log requests with their tokens.
 */
final class LogLevelHandler implements HttpHandler {
    static final String ROUTE = "/admin/log-level";

    private static final String LEVEL = "level";
    private static final int MAX_SHOWN = 64;
    private static final String LOGGER_NAME = "logger";
    private static final Parameters READING = Parameters.of(List.of(LOGGER_NAME), Map.of());
    private static final Parameters SETTING =
            Parameters.of(List.of(LOGGER_NAME, LEVEL, ControlHandlers.NODE), Map.of());
    private static final Logger LOGGER = LoggerFactory.getLogger(LogLevelHandler.class);

    private final ProcessLog log;
    private final NodeStatus node;
    private final AllNodes nodes;

    LogLevelHandler(ProcessLog log, NodeStatus node, AllNodes nodes) {
        this.node = node;
        this.nodes = nodes;
        this.log = log;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        boolean sets = exchange.getRequestMethod().equals(Methods.POST);
        (sets ? SETTING : READING).check(exchange);
        String logger = Requests.parameter(exchange, LOGGER_NAME).orElse(ProcessLog.ROOT);
        if (!logger.equals(ProcessLog.ROOT) && !logger.startsWith(ProcessLog.ROOT + ".")) {
            throw invalid("parameter logger: must be " + ProcessLog.ROOT + " or a logger below it");
        }
        if (sets) {
            String level = Requests.parameter(exchange, LEVEL).orElse("");
            Optional<String> other = ControlHandlers.otherNode(exchange, node);
            if (other.isPresent()) {
                set(exchange, other.get(), new ControlMessage.SetLogLevel(logger, level));
                return;
            }
            set(logger, level);
        }
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.put(LOGGER_NAME, logger);
        body.put(LEVEL, log.level(logger).orElseThrow(() -> unknown(logger)));
        ClusterHealthHandler.send(exchange, body);
    }

    private void set(HttpServerExchange exchange, String other, ControlMessage.SetLogLevel message) {
        Requests.then(exchange, () -> nodes.logLevel(other, message), set -> {
            if (!set) {
                throw new CarillonException(
                        ErrorCode.NOT_FOUND,
                        "there is no node " + Text.printable(other, MAX_SHOWN) + ", or it has no logger "
                                + message.logger());
            }
            LOGGER.atWarn()
                    .addKeyValue("node", other)
                    .addKeyValue(LOGGER_NAME, message.logger())
                    .addKeyValue(LEVEL, message.level())
                    .log("an operator set the level of the log of another node");
            ClusterHealthHandler.send(
                    exchange,
                    JsonNodeFactory.instance
                            .objectNode()
                            .put(LOGGER_NAME, message.logger())
                            .put(LEVEL, message.level())
                            .put("node", other));
        });
    }

    private void set(String logger, String level) {
        if (!ProcessLog.LEVELS.contains(level)) {
            throw invalid("parameter level: must be one of " + String.join(", ", ProcessLog.LEVELS));
        }
        // Logged while the level lets it pass, which is before the change or after it.
        boolean passes = LOGGER.isWarnEnabled();
        if (passes && log.level(logger).isPresent()) {
            logChange(logger, level);
        }
        if (!log.level(logger, level)) {
            throw unknown(logger);
        }
        if (!passes) {
            logChange(logger, level);
        }
    }

    private static void logChange(String logger, String level) {
        LOGGER.atWarn()
                .addKeyValue(LOGGER_NAME, logger)
                .addKeyValue(LEVEL, level)
                .log("an operator set the level of the log");
    }

    private static CarillonException unknown(String logger) {
        return new CarillonException(ErrorCode.NOT_FOUND, "there is no logger " + logger);
    }

    private static CarillonException invalid(String detail) {
        return new CarillonException(ErrorCode.INVALID_REQUEST, detail);
    }
}
