package dev.carillon.http;

import dev.carillon.auth.Authorizer;
import dev.carillon.auth.Grants;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.Idempotency;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Cursor;
import dev.carillon.scope.Event;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.protocol.http.HttpContinue;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import io.undertow.util.SameThreadExecutor;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.IoUtils;

/** Reads requests. To be used on their I/O threads. */
public final class Requests {
    public static final String TOKEN_COOKIE = "carillon_authorization";
    private static final Logger LOGGER = LoggerFactory.getLogger(Requests.class);
    private static final String BEARER = "Bearer ";
    private static final HttpString IDEMPOTENCY_KEY = new HttpString("Idempotency-Key");
    private static final HttpString LAST_EVENT_ID = new HttpString("Last-Event-ID");
    /** Other spellings of the parameter {@code lastEventID} by clients. */
    public static final List<String> OTHER_LAST_EVENT_IDS = List.of("last_event_id", "Last-Event-ID", "lastEventId");

    private static final String LAST_EVENT_ID_PARAMETER = "lastEventID";

    /** All spellings of the parameter. */
    public static final List<String> LAST_EVENT_IDS = Stream.concat(
                    Stream.of(LAST_EVENT_ID_PARAMETER), OTHER_LAST_EVENT_IDS.stream())
            .toList();

    static final long MAX_DROPPED_BYTES = 16L * 1024 * 1024;

    private Requests() {}

    /**
     * A token, and whether it came in a cookie, which a page of any site can make a browser send.
     *
     * @param text the unverified token; null: none
     */
    public record Token(@Nullable String text, boolean byCookie) {}

    /** The key of the client's address; an IPv6 /64 network counts as one address. */
    public static long address(HttpServerExchange exchange) {
        return AddressLimits.key(exchange.getSourceAddress().getAddress());
    }

    /** As {@link #token(HttpServerExchange, String)}, with the cookie {@value #TOKEN_COOKIE}. */
    public static Token token(HttpServerExchange exchange) {
        return token(exchange, TOKEN_COOKIE);
    }

    /** Returns the token of the header {@code Authorization: Bearer}, else of the parameter {@code authorization}, else of the cookie. */
    public static Token token(HttpServerExchange exchange, String cookieName) {
        if (exchange.getRequestHeaders().contains(Headers.AUTHORIZATION)) {
            String bearer = bearer(exchange);
            if (bearer == null) {
                throw new CarillonException(
                        ErrorCode.TOKEN_INVALID, "header Authorization: only the scheme Bearer is supported");
            }
            return new Token(bearer, false);
        }
        Optional<String> parameter = parameter(exchange, "authorization");
        if (parameter.isPresent()) {
            return new Token(parameter.get(), false);
        }
        String cookie = Cookies.first(exchange.getRequestHeaders(), cookieName);
        return new Token(cookie, cookie != null);
    }

    /**
     * Continues with the grants of the request's token, as {@link #then} does. For state-changing requests a token in a cookie is accepted
     * only from pages of allowed origins: any page can make a browser send the cookie.
     *
     * @throws CarillonException {@code origin-refused} for a page of another origin
     */
    public static void authorized(
            HttpServerExchange exchange, Authorizer authorizer, Origins origins, Consumer<Grants> next) {
        CompletionStage<Grants> grants = authorize(exchange, authorizer, origins);
        then(exchange, () -> grants, next);
    }

    /**
     * Returns the grants of the request's token; fails when the token is refused.
     *
     * @throws CarillonException as {@link #authorized}
     */
    public static CompletionStage<Grants> authorize(
            HttpServerExchange exchange, Authorizer authorizer, Origins origins) {
        return authorize(exchange, authorizer, origins, token(exchange));
    }

    private static CompletionStage<Grants> authorize(
            HttpServerExchange exchange, Authorizer authorizer, Origins origins, Token token) {
        if (token.byCookie() && !isSafe(exchange) && !origins.permits(exchange)) {
            throw new CarillonException(
                    ErrorCode.ORIGIN_REFUSED,
                    "a token in a cookie is accepted only from pages of this site and of the origins in --cors-origins");
        }
        if (token.text() == null) {
            exchange.putAttachment(Problem.WITHOUT_TOKEN, true);
        }
        return authorizer.authorize(token.text());
    }

    /** The unverified token of the header {@code Authorization}; null: none. */
    public static @Nullable String bearer(HttpServerExchange exchange) {
        String header = exchange.getRequestHeaders().getFirst(Headers.AUTHORIZATION);
        return header != null && header.regionMatches(true, 0, BEARER, 0, BEARER.length())
                ? header.substring(BEARER.length()).strip()
                : null;
    }

    /** Whether the method is GET or HEAD, the safe methods that request content (RFC 9110, section 9.2.1). */
    static boolean isSafe(HttpServerExchange exchange) {
        return exchange.getRequestMethod().equals(Methods.GET) || isHead(exchange);
    }

    /** Whether the client is a browser that shows the answer to a person, as far as the header {@code Accept} tells. */
    public static boolean acceptsHtml(HttpServerExchange exchange) {
        String accept = exchange.getRequestHeaders().getFirst(Headers.ACCEPT);
        return accept != null && accept.toLowerCase(Locale.ROOT).contains("text/html");
    }

    public static boolean isHead(HttpServerExchange exchange) {
        return exchange.getRequestMethod().equals(Methods.HEAD);
    }

    /** The header {@code Idempotency-Key}. */
    public static Optional<Idempotency> idempotencyKey(HttpServerExchange exchange) {
        List<String> given = exchange.getRequestHeaders().get(IDEMPOTENCY_KEY);
        if (given == null || given.isEmpty()) {
            return Optional.empty();
        }
        if (given.size() > 1 || !Idempotency.isKey(given.getFirst())) {
            throw new CarillonException(
                    ErrorCode.INVALID_REQUEST, "header Idempotency-Key: " + Idempotency.RULE + ", given once");
        }
        return Optional.of(Idempotency.key(given.getFirst()));
    }

    /**
     * Returns the id or cursor of the last event that the client received: the header {@code Last-Event-ID}, else a parameter of {@link
     * #LAST_EVENT_IDS}. Empty values count as none; the first value of a name counts. Other spellings take precedence over {@code
     * lastEventID}: clients add them to a URL that may already have a {@code lastEventID}. An id that is too long is replaced by an unknown
     * cursor, so that a browser is not refused for it.
     */
    public static @Nullable String lastEventId(HttpServerExchange exchange) {
        String given = givenLastEventId(exchange);
        return given != null && given.length() > Event.MAX_ID_BYTES ? Cursor.PREFIX : given;
    }

    private static @Nullable String givenLastEventId(HttpServerExchange exchange) {
        List<String> headers = exchange.getRequestHeaders().get(LAST_EVENT_ID);
        String header = headers == null ? null : firstNotEmpty(headers);
        if (header != null) {
            // Browsers send UTF-8 (HTML Standard, section 9.2.3), Undertow decodes headers as Latin-1.
            return new String(header.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
        }
        for (String name : OTHER_LAST_EVENT_IDS) {
            String other = firstNotEmpty(parameters(exchange, name));
            if (other != null) {
                return other;
            }
        }
        return firstNotEmpty(parameters(exchange, LAST_EVENT_ID_PARAMETER));
    }

    private static @Nullable String firstNotEmpty(List<String> values) {
        for (String value : values) {
            if (!value.isEmpty()) {
                return value;
            }
        }
        return null;
    }

    /** @throws CarillonException {@code invalid-request} when the parameter is given more than once */
    public static Optional<String> parameter(HttpServerExchange exchange, String name) {
        List<String> values = parameters(exchange, name);
        if (values.size() > 1) {
            throw new CarillonException(ErrorCode.INVALID_REQUEST, "parameter " + name + ": must be given once");
        }
        return values.isEmpty() ? Optional.empty() : Optional.of(values.getFirst());
    }

    public static List<String> parameters(HttpServerExchange exchange, String name) {
        Deque<String> values = exchange.getQueryParameters().get(name);
        return values == null ? List.of() : List.copyOf(values);
    }

    /**
     * Reads the whole body without blocking. A larger body is read and dropped before it is refused, up to {@value #MAX_DROPPED_BYTES}
     * bytes: a client that is still sending when the connection closes does not see the answer.
     */
    public static void body(HttpServerExchange exchange, int maxBytes, Consumer<byte[]> then) {
        if (exchange.getRequestContentLength() > MAX_DROPPED_BYTES
                || (exchange.getRequestContentLength() > maxBytes && HttpContinue.requiresContinueResponse(exchange))) {
            exchange.setPersistent(false);
            throw tooLarge(maxBytes);
        }
        Body body = new Body(maxBytes, RequestMemory.charge(exchange, MemoryBudget.Use.REQUESTS, 0));
        exchange.getRequestReceiver()
                .receivePartialBytes(
                        (x, part, last) -> {
                            body.add(part);
                            if (body.length > MAX_DROPPED_BYTES) {
                                IoUtils.safeClose(x.getConnection());
                                return;
                            }
                            if (last) {
                                guarded(x, () -> then.accept(body.whole()));
                            }
                        },
                        (x, e) -> {
                            x.setPersistent(false);
                            Problem.answer(
                                    x, new CarillonException(ErrorCode.INVALID_REQUEST, "the body is incomplete"));
                        });
    }

    /** The part of a body read so far; empty once the body is refused. On the request's I/O thread. */
    private static final class Body {
        private final int maxBytes;
        private final MemoryBudget.Charge charge;
        private ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private @Nullable CarillonException refused;
        private long length;

        Body(int maxBytes, MemoryBudget.Charge charge) {
            this.maxBytes = maxBytes;
            this.charge = charge;
        }

        void add(byte[] part) {
            length += part.length;
            if (refused != null) {
                return;
            }
            try {
                if (length > maxBytes) {
                    throw tooLarge(maxBytes);
                }
                // The buffer doubles, and toByteArray() copies it.
                charge.require(2 * length);
                bytes.writeBytes(part);
            } catch (CarillonException e) {
                refused = e;
                bytes = new ByteArrayOutputStream();
                boolean _ = charge.set(0);
            }
        }

        byte[] whole() {
            if (refused != null) {
                throw refused;
            }
            return bytes.toByteArray();
        }
    }

    /** The W3C trace context of a request; null: it has none of version 00. */
    public static @Nullable String traceparent(HttpServerExchange exchange) {
        String given = exchange.getRequestHeaders().getFirst("traceparent");
        return given != null && Event.isTraceparent(given) ? given : null;
    }

    /** Continues with the result of a stage on the exchange's I/O thread; answers a failure as a problem. */
    public static <T> void then(HttpServerExchange exchange, Supplier<CompletionStage<T>> stage, Consumer<T> next) {
        exchange.dispatch(SameThreadExecutor.INSTANCE, () -> {
            try {
                stage.get()
                        .whenComplete((value, e) -> onIoThread(exchange, () -> {
                            if (e != null) {
                                Problem.answer(exchange, e);
                            } else {
                                next.accept(value);
                            }
                        }));
            } catch (RuntimeException e) {
                Problem.answer(exchange, e);
            }
        });
    }

    private static void onIoThread(HttpServerExchange exchange, Runnable task) {
        try {
            exchange.getIoThread().execute(() -> guarded(exchange, task));
        } catch (RejectedExecutionException e) {
            LOGGER.debug("a result was dropped: the request's I/O thread has ended");
        }
    }

    static void guarded(HttpServerExchange exchange, Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            Problem.answer(exchange, e);
        }
    }

    private static CarillonException tooLarge(int maxBytes) {
        return new CarillonException(ErrorCode.TOO_LARGE, "the body has more than " + maxBytes + " bytes");
    }
}
