package dev.carillon.admin;

import dev.carillon.base.Text;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Methods;
import io.undertow.util.StatusCodes;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records what operators request: a line of the log for each request that changes something, whoever it was and whatever the answer, and a call of the listener for
 * each that succeeded. Thread-safe.
 */
public final class OperatorAudit {
    private static final int MAX_PATH_CHARS = 200;
    private static final Logger LOGGER = LoggerFactory.getLogger(OperatorAudit.class);

    private final String nodeId;
    private final BiConsumer<String, String> listener;

    /** @param listener receives what was requested, such as {@code POST /admin/drain}, and by whom; must not block */
    public OperatorAudit(String nodeId, BiConsumer<String, String> listener) {
        this.nodeId = nodeId;
        this.listener = listener;
    }

    /**
     * Records a request when it has been answered. The query is left out: it may name users.
     *
     * @param by how the operator has proved who it is; not secret
     */
    public void watch(HttpServerExchange exchange, String by) {
        if (exchange.getRequestMethod().equals(Methods.GET)
                || exchange.getRequestMethod().equals(Methods.HEAD)) {
            return;
        }
        String action = exchange.getRequestMethod() + " " + Text.printable(exchange.getRequestPath(), MAX_PATH_CHARS);
        exchange.addExchangeCompleteListener((done, next) -> {
            int status = done.getStatusCode();
            LOGGER.atInfo()
                    .addKeyValue("node", nodeId)
                    .addKeyValue("by", by)
                    .addKeyValue("address", done.getSourceAddress().getAddress().getHostAddress())
                    .addKeyValue("action", action)
                    .addKeyValue("status", status)
                    .log("an operator acted");
            if (status < StatusCodes.BAD_REQUEST) {
                listener.accept(action, by);
            }
            next.proceed();
        });
    }
}
