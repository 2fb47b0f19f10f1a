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

/** Refusals by the proxy itself: problems (RFC 9457) with a stable code. */
enum Refusal {
    BAD_REQUEST(StatusCodes.BAD_REQUEST, "invalid-request", "the request is malformed"),
    METHOD_NOT_ALLOWED(StatusCodes.METHOD_NOT_ALLOWED, "method-not-allowed", "this path supports GET and HEAD"),
    TIMEOUT(StatusCodes.REQUEST_TIME_OUT, "invalid-request", "the request was not completed in time"),
    TOO_LARGE(StatusCodes.REQUEST_ENTITY_TOO_LARGE, "too-large", "the body of the request is too large"),
    TOO_MANY_REQUESTS(
            StatusCodes.TOO_MANY_REQUESTS,
            "too-many-requests",
            "limit of open requests and streams exceeded for this client address"),
    OVERLOADED(StatusCodes.SERVICE_UNAVAILABLE, "overloaded", "too many requests are open"),
    NO_NODE(StatusCodes.SERVICE_UNAVAILABLE, "no-node", "no node is available"),
    NODE_FAILED(StatusCodes.BAD_GATEWAY, "node-failed", "the node failed before it answered"),
    NODE_TIMEOUT(StatusCodes.GATEWAY_TIME_OUT, "node-timeout", "the node did not answer in time");

    private static final Logger LOGGER = LoggerFactory.getLogger(Refusal.class);
    private static final String EVENT_STREAM = "text/event-stream";
    private static final HttpString ALLOW_ORIGIN = new HttpString("Access-Control-Allow-Origin");
    private static final HttpString ALLOW_CREDENTIALS = new HttpString("Access-Control-Allow-Credentials");
    private static final int RETRY_AFTER_SECONDS = 2;
    private static final int RETRY_MIN_MILLIS = 1_000;
    private static final int RETRY_MAX_MILLIS = 3_000;

    /** Time limit of the rest of a refused request, which is read and dropped. */
    private static final int LINGER_SECONDS = 5;

    private final int status;
    private final String code;
    private final String detail;

    Refusal(int status, String code, String detail) {
        this.status = status;
        this.code = code;
        this.detail = detail;
    }

    int status() {
        return status;
    }

    String code() {
        return code;
    }

    /**
     * Answers a request that has no answer yet. A stream that is refused temporarily gets 200, a delay and the end, as a browser's
     * EventSource gives up for good after a 503.
     */
    void answer(HttpServerExchange exchange) {
        answer(exchange, detail);
    }

    /** @param text replaces the detail; ASCII */
    void answer(HttpServerExchange exchange, String text) {
        exchange.getResponseHeaders().put(Headers.CACHE_CONTROL, "no-store");
        if (!exchange.isRequestComplete()) {
            dropRest(exchange);
        }
        boolean addressLimit = status == StatusCodes.TOO_MANY_REQUESTS;
        if ((status >= StatusCodes.INTERNAL_SERVER_ERROR || addressLimit) && isStream(exchange)) {
            allowOrigin(exchange);
            int retry = ThreadLocalRandom.current().nextInt(RETRY_MIN_MILLIS, RETRY_MAX_MILLIS + 1);
            sendStream(exchange, "retry: " + retry + "\n\n");
            return;
        }
        if (status == StatusCodes.SERVICE_UNAVAILABLE || addressLimit) {
            exchange.getResponseHeaders().put(Headers.RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        send(exchange, status, "application/problem+json", body(text));
    }

    private String body(String text) {
        return "{\"type\":\"about:blank\",\"title\":\"" + StatusCodes.getReason(status) + "\",\"status\":" + status
                + ",\"code\":\"" + code + "\",\"detail\":\"" + text + "\"}";
    }

    /** Over HTTP/1.1 the answer has no last chunk and no {@code Connection: close}: some clients do not reconnect after a complete one. */
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
            // Head and chunk fit into the socket's empty send buffer.
            channel.flush();
        } catch (IOException e) {
            LOGGER.debug("a client disconnected before its stream was refused");
        }
        IoUtils.safeClose(exchange.getConnection());
    }

    /** @param body in ASCII */
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
                // The client has disconnected.
                x.endExchange();
            }
        });
    }

    /**
     * Lets a page of any origin read the answer: otherwise its EventSource would take it for a refusal of the origin and give up for good.
     * The answer reveals nothing, as it depends on no cookie and sets none. The node decides by its own list of origins which pages may
     * read streams.
     */
    private static void allowOrigin(HttpServerExchange exchange) {
        List<String> origins = HeaderForwarding.values(exchange.getRequestHeaders(), Headers.ORIGIN);
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
                && HeaderForwarding.values(exchange.getRequestHeaders(), Headers.ACCEPT).stream()
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
