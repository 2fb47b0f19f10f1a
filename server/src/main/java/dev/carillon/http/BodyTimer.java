package dev.carillon.http;

import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.xnio.IoUtils;
import org.xnio.XnioExecutor;

/** Closes the connection of a client whose request body is not complete in time, even if bytes keep arriving. */
final class BodyTimer implements HttpHandler {
    private final long millis;
    private final HttpHandler next;

    BodyTimer(Duration timeout, HttpHandler next) {
        this.millis = timeout.toMillis();
        this.next = next;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) throws Exception {
        if (!exchange.isRequestComplete()) {
            XnioExecutor.Key timer = exchange.getIoThread()
                    .executeAfter(
                            () -> {
                                if (!exchange.isRequestComplete()) {
                                    IoUtils.safeClose(exchange.getConnection());
                                }
                            },
                            millis,
                            TimeUnit.MILLISECONDS);
            // Otherwise the timer would keep the completed exchange in memory.
            exchange.addExchangeCompleteListener((x, proceed) -> {
                timer.remove();
                proceed.proceed();
            });
        }
        next.handleRequest(exchange);
    }
}
