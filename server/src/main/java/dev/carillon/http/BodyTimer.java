package dev.carillon.http;

import io.undertow.server.ExchangeCompletionListener;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.AttachmentKey;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.XnioExecutor;

/**
 * Closes the connection of a client whose request body is not complete in time, even if bytes keep arriving. A streamed body may take one second more
 * for each {@value #STREAMED_BYTES_PER_SECOND} bytes received.
 */
final class BodyTimer implements HttpHandler {
    /** The number of bytes received of a streamed body. */
    private static final AttachmentKey<LongSupplier> RECEIVED = AttachmentKey.create(LongSupplier.class);

    private static final int STREAMED_BYTES_PER_SECOND = 16 * 1024;
    private static final long MIN_MILLIS = 100;

    private final long millis;
    private final HttpHandler next;

    BodyTimer(Duration timeout, HttpHandler next) {
        this.millis = timeout.toMillis();
        this.next = next;
    }

    /** The body is streamed: the more is received, the longer it may take. On the request's I/O thread. */
    static void streamed(HttpServerExchange exchange, LongSupplier received) {
        exchange.putAttachment(RECEIVED, received);
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) throws Exception {
        if (!exchange.isRequestComplete()) {
            Deadline deadline = new Deadline(exchange);
            deadline.schedule(millis);
            // Otherwise the timer would keep the completed exchange in memory.
            exchange.addExchangeCompleteListener(deadline);
        }
        next.handleRequest(exchange);
    }

    /** On the request's I/O thread. */
    private static final class Deadline implements Runnable, ExchangeCompletionListener {
        private final HttpServerExchange exchange;
        private long granted;
        private XnioExecutor.@Nullable Key timer;

        Deadline(HttpServerExchange exchange) {
            this.exchange = exchange;
        }

        void schedule(long delay) {
            timer = exchange.getIoThread().executeAfter(this, delay, TimeUnit.MILLISECONDS);
        }

        @Override
        public void run() {
            if (exchange.isRequestComplete()) {
                return;
            }
            LongSupplier received = exchange.getAttachment(RECEIVED);
            long earned =
                    received == null ? 0 : TimeUnit.SECONDS.toMillis(received.getAsLong()) / STREAMED_BYTES_PER_SECOND;
            if (earned - granted < MIN_MILLIS) {
                IoUtils.safeClose(exchange.getConnection());
                return;
            }
            long more = earned - granted;
            granted = earned;
            schedule(more);
        }

        @Override
        public void exchangeEvent(HttpServerExchange ended, NextListener proceed) {
            XnioExecutor.Key last = timer;
            if (last != null) {
                last.remove();
            }
            proceed.proceed();
        }
    }
}
