package dev.carillon.proxy;

import io.undertow.io.IoCallback;
import io.undertow.io.Sender;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import io.undertow.util.StatusCodes;
import io.undertow.util.WorkerUtils;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.IoUtils;
import org.xnio.channels.StreamSinkChannel;

/** Why the proxy itself answers a request, and how: a problem (RFC 9457) with a stable code. */
enum Refusal {
    BAD_REQUEST(StatusCodes.BAD_REQUEST, "invalid-request", "the request breaks the rules of HTTP"),
    METHOD_NOT_ALLOWED(StatusCodes.METHOD_NOT_ALLOWED, "method-not-allowed", "this path is for GET and HEAD"),
    TIMEOUT(StatusCodes.REQUEST_TIME_OUT, "invalid-request", "the rest of the request did not come"),
    TOO_LARGE(StatusCodes.REQUEST_ENTITY_TOO_LARGE, "too-large", "the body of the request is too large"),
    TOO_MANY_REQUESTS(
            StatusCodes.TOO_MANY_REQUESTS, "too-many-requests", "this address has too many requests and streams open"),
    OVERLOADED(StatusCodes.SERVICE_UNAVAILABLE, "overloaded", "too many requests are open"),
    NO_NODE(StatusCodes.SERVICE_UNAVAILABLE, "no-node", "no node can be reached"),
    NODE_FAILED(StatusCodes.BAD_GATEWAY, "node-failed", "the node failed before it answered"),
    NODE_TIMEOUT(StatusCodes.GATEWAY_TIME_OUT, "node-timeout", "the node did not answer in time");

    private static final Logger LOGGER = LoggerFactory.getLogger(Refusal.class);
    private static final String EVENT_STREAM = "text/event-stream";
    private static final HttpString ALLOW_ORIGIN = new HttpString("Access-Control-Allow-Origin");
    private static final HttpString ALLOW_CREDENTIALS = new HttpString("Access-Control-Allow-Credentials");
    private static final int RETRY_AFTER_SECONDS = 2;
    private static final int RETRY_MIN_MILLIS = 1_000;
    private static final int RETRY_MAX_MILLIS = 3_000;

    /** So long the rest of a request that is not wanted may take to come. */
    private static final int LINGER_SECONDS = 5;

    private final int status;
    private final String code;
    private final String detail;

    Refusal(int status, String code, String detail) {
        this.status = status;
        this.code = code;
        this.detail = detail;
    }

    /**
     * Answers, before anything else was. A stream that is refused for a time gets 200, a delay and the end: a browser's
     * EventSource gives up for good after a 503.
     */
    void answer(HttpServerExchange exchange) {
        answer(exchange, detail);
    }

    /** The same, with another detail, of ASCII. */
    void answer(HttpServerExchange exchange, String what) {
        exchange.getResponseHeaders().put(Headers.CACHE_CONTROL, "no-store");
        if (!exchange.isRequestComplete()) {
            dropRest(exchange);
        }
        boolean ofAddress = status == StatusCodes.TOO_MANY_REQUESTS;
        if ((status >= StatusCodes.INTERNAL_SERVER_ERROR || ofAddress) && isStream(exchange)) {
            allowOrigin(exchange);
            int retry = ThreadLocalRandom.current().nextInt(RETRY_MIN_MILLIS, RETRY_MAX_MILLIS + 1);
            sendStream(exchange, "retry: " + retry + "\n\n");
            return;
        }
        if (status == StatusCodes.SERVICE_UNAVAILABLE || ofAddress) {
            exchange.getResponseHeaders().put(Headers.RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        send(exchange, status, "application/problem+json", body(what));
    }

    private String body(String what) {
        return "{\"type\":\"about:blank\",\"title\":\"" + StatusCodes.getReason(status) + "\",\"status\":" + status
                + ",\"code\":\"" + code + "\",\"detail\":\"" + what + "\"}";
    }

    /** Over HTTP/1.1 a chunk and no last one, and no `Connection: close`: some clients never come back after a complete response. */
    private static void sendStream(HttpServerExchange exchange, String body) {
        if (!exchange.isHttp11()
                || !exchange.isRequestComplete()
                || exchange.getRequestMethod().equals(Methods.HEAD)) {
            send(exchange, StatusCodes.OK, EVENT_STREAM, body);
            return;
        }
        exchange.getResponseHeaders()
                .put(Headers.CONTENT_TYPE, EVENT_STREAM)
                .put(Headers.TRANSFER_ENCODING, Headers.CHUNKED.toString());
        exchange.setPersistent(true);
        try {
            StreamSinkChannel channel = Objects.requireNonNull(exchange.getResponseChannel());
            channel.write(ByteBuffer.wrap(body.getBytes(StandardCharsets.US_ASCII)));
            // A head and a chunk fit into what a socket takes that waits for its answer.
            channel.flush();
        } catch (IOException e) {
            LOGGER.debug("a client left before it was refused");
        }
        IoUtils.safeClose(exchange.getConnection());
    }

    /** @param body of ASCII */
    static void send(HttpServerExchange exchange, int status, String type, String body) {
        exchange.setStatusCode(status);
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, type).put(Headers.CONTENT_LENGTH, body.length());
        exchange.getResponseSender().send(body, new IoCallback() {
            @Override
            public void onComplete(HttpServerExchange x, Sender sender) {
                x.endExchange();
            }

            @Override
            public void onException(HttpServerExchange x, Sender sender, IOException e) {
                // The client left.
                x.endExchange();
            }
        });
    }

    /**
     * Lets a page of any origin read it: else its EventSource would take the answer for a refusal of its origin, and give up for good.
     * That gives nothing away: a delay at random and the end are the same for everybody, whatever cookies come along, and set none.
     * Whether the page may read streams its node decides, by its own list of origins.
     */
    private static void allowOrigin(HttpServerExchange exchange) {
        List<String> origins = Heads.values(exchange.getRequestHeaders(), Headers.ORIGIN);
        if (origins.size() == 1) {
            exchange.getResponseHeaders()
                    .put(ALLOW_ORIGIN, origins.getFirst())
                    .put(ALLOW_CREDENTIALS, "true")
                    .put(Headers.VARY, Headers.ORIGIN_STRING);
        }
    }

    private static boolean isStream(HttpServerExchange exchange) {
        return (exchange.getRequestMethod().equals(Methods.GET)
                        || exchange.getRequestMethod().equals(Methods.HEAD))
                && Heads.values(exchange.getRequestHeaders(), Headers.ACCEPT).stream()
                        .anyMatch(accept -> accept.contains(EVENT_STREAM));
    }

    private static void dropRest(HttpServerExchange exchange) {
        exchange.setPersistent(false);
        var timer = WorkerUtils.executeAfter(
                exchange.getIoThread(),
                () -> {
                    if (!exchange.isComplete()) {
                        IoUtils.safeClose(exchange.getConnection());
                    }
                },
                LINGER_SECONDS,
                TimeUnit.SECONDS);
        exchange.addExchangeCompleteListener((x, next) -> {
            timer.remove();
            next.proceed();
        });
    }
}
