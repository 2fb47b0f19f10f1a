package dev.carillon.http;

import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.xnio.IoUtils;
import org.xnio.XnioExecutor;

/** Cuts the connection of a client whose request's body does not end in time, however steadily it sends. */
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
            // Else it would keep the exchange of a request that is long done.
            exchange.addExchangeCompleteListener((x, proceed) -> {
                timer.remove();
                proceed.proceed();
            });
        }
        next.handleRequest(exchange);
    }
}
