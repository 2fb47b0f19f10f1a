package dev.carillon.http;

import io.undertow.server.ExchangeCompletionListener;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.AttachmentKey;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;
import org.xnio.XnioExecutor;

/**
 * Closes the connection of a client whose request body is not complete in time, even if bytes keep arriving. A streamed body may take one second more
 * for each {@value #STREAMED_BYTES_PER_SECOND} bytes received, but its client must not pause for longer than the limit.
 */
final class BodyTimer implements HttpHandler {
    private static final AttachmentKey<Progress> PROGRESS = AttachmentKey.create(Progress.class);

    private static final int STREAMED_BYTES_PER_SECOND = 16 * 1024;
    private static final long MIN_MILLIS = 100;

    private final long millis;
    private final HttpHandler next;

    BodyTimer(Duration timeout, HttpHandler next) {
        this.millis = timeout.toMillis();
        this.next = next;
    }

    /** A body that is streamed. For the request's I/O thread. */
    interface Progress {
        /** The number of bytes received. */
        long received();

        /** Nothing arrives because the reader of the body is busy. */
        boolean isPaused();
    }

    /** The body is streamed: the more is received, the longer it may take. On the request's I/O thread. */
    static void streamed(HttpServerExchange exchange, Progress progress) {
        exchange.putAttachment(PROGRESS, progress);
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) throws Exception {
        if (!exchange.isRequestComplete()) {
            Deadline deadline = new Deadline(exchange, millis);
            deadline.schedule(millis);
            // Otherwise the timer would keep the completed exchange in memory.
            exchange.addExchangeCompleteListener(deadline);
        }
        next.handleRequest(exchange);
    }

    /** On the request's I/O thread. */
    private static final class Deadline implements Runnable, ExchangeCompletionListener {
        private final HttpServerExchange exchange;
        private final long limit;
        /** Milliseconds that the body may still take at the next look, without what it earns until then. */
        private long left;

        private long counted;
        private XnioExecutor.@Nullable Key timer;

        Deadline(HttpServerExchange exchange, long limit) {
            this.exchange = exchange;
            this.limit = limit;
        }

        void schedule(long delay) {
            timer = exchange.getIoThread().executeAfter(this, delay, TimeUnit.MILLISECONDS);
        }

        @Override
        public void run() {
            if (exchange.isRequestComplete()) {
                return;
            }
            Progress progress = exchange.getAttachment(PROGRESS);
            long received = progress == null ? 0 : progress.received();
            boolean silent = progress == null || received == counted && !progress.isPaused();
            left += millis(received) - millis(counted);
            counted = received;
            if (silent || left < MIN_MILLIS) {
                IoUtils.safeClose(exchange.getConnection());
                return;
            }
            long next = Math.min(left, limit);
            left -= next;
            schedule(next);
        }

        private static long millis(long received) {
            return TimeUnit.SECONDS.toMillis(received) / STREAMED_BYTES_PER_SECOND;
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
