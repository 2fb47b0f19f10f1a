package dev.carillon.http;

import dev.carillon.base.Text;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.undertow.server.ExchangeCompletionListener;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.AttachmentKey;
import io.undertow.util.PathTemplateMatch;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the requests of a port by route and status, and writes the access log. A request counts when its answer has ended, and a stream when it
 * begins. The label is the pattern of the route, never the path, so that clients cannot create labels. Thread-safe; does not block if the log does
 * not.
 */
public final class RequestLog {
    /** Name of the logger of the access log. */
    public static final String ACCESS = "carillon.access";

    /** For ports whose requests are neither counted nor logged. */
    public static final RequestLog NONE = new RequestLog(new CompositeMeterRegistry(), false, () -> 0);

    private static final Logger LOGGER = LoggerFactory.getLogger(ACCESS);
    private static final AttachmentKey<Answer> ANSWER = AttachmentKey.create(Answer.class);
    /** Requests that no route answers: unknown paths and methods, and requests that were refused before. */
    private static final String OTHER = "other";

    private static final int MAX_METHOD = 20;
    private static final int MAX_PATH = 500;

    private final MeterRegistry registry;
    private final boolean writes;
    private final LongSupplier nanoTime;
    private final Map<Kind, Counter> counters = new ConcurrentHashMap<>();

    private record Kind(String route, int status) {}

    /** @param writes whether the access log is on */
    public RequestLog(MeterRegistry registry, boolean writes, LongSupplier nanoTime) {
        this.registry = registry;
        this.writes = writes;
        this.nanoTime = nanoTime;
    }

    /** Called for each request before it is handled, on its I/O thread. */
    void watch(HttpServerExchange exchange) {
        if (this == NONE) {
            return;
        }
        Answer answer = new Answer(writes ? nanoTime.getAsLong() : 0);
        exchange.putAttachment(ANSWER, answer);
        exchange.addExchangeCompleteListener(answer);
    }

    /** Called when a request is answered with a stream, before its connection is taken over: the exchange then ends without the real status. */
    public static void streamBegins(HttpServerExchange exchange, int status) {
        Answer answer = exchange.getAttachment(ANSWER);
        if (answer != null) {
            answer.end(exchange, status, true);
        }
    }

    private final class Answer implements ExchangeCompletionListener {
        private final long beginNanos;
        private boolean ended;

        Answer(long beginNanos) {
            this.beginNanos = beginNanos;
        }

        @Override
        public void exchangeEvent(HttpServerExchange exchange, NextListener next) {
            try {
                end(exchange, exchange.getStatusCode(), false);
            } finally {
                next.proceed();
            }
        }

        void end(HttpServerExchange exchange, int status, boolean stream) {
            if (ended) {
                return;
            }
            ended = true;
            PathTemplateMatch match = exchange.getAttachment(PathTemplateMatch.ATTACHMENT_KEY);
            String route = match == null ? OTHER : match.getMatchedTemplate();
            counters.computeIfAbsent(new Kind(route, status), RequestLog.this::counter)
                    .increment();
            if (writes) {
                LOGGER.atInfo()
                        .addKeyValue("client", client(exchange))
                        .addKeyValue(
                                "method",
                                Text.printable(exchange.getRequestMethod().toString(), MAX_METHOD))
                        .addKeyValue("path", Text.printable(exchange.getRequestPath(), MAX_PATH))
                        .addKeyValue("route", route)
                        .addKeyValue("status", status)
                        .addKeyValue("bytes", exchange.getResponseBytesSent())
                        .addKeyValue("millis", TimeUnit.NANOSECONDS.toMillis(nanoTime.getAsLong() - beginNanos))
                        .log(stream ? "stream" : "request");
            }
        }
    }

    private Counter counter(Kind kind) {
        return Counter.builder("carillon.requests")
                .description("Requests of clients, by route and status of the answer")
                .tag("route", kind.route())
                .tag("status", Integer.toString(kind.status()))
                .register(registry);
    }

    /** Address of the client, as trusted proxies name it. */
    private static String client(HttpServerExchange exchange) {
        InetSocketAddress source = exchange.getSourceAddress();
        InetAddress address = source == null ? null : source.getAddress();
        return address == null ? "unknown" : address.getHostAddress();
    }
}
