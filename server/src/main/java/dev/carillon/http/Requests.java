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

/** Reading of requests, on their I/O threads. */
public final class Requests {
    public static final String TOKEN_COOKIE = "carillon_authorization";
    private static final Logger LOGGER = LoggerFactory.getLogger(Requests.class);
    private static final String BEARER = "Bearer ";
    private static final HttpString IDEMPOTENCY_KEY = new HttpString("Idempotency-Key");
    private static final HttpString LAST_EVENT_ID = new HttpString("Last-Event-ID");
    /** Beside {@code lastEventID}, clients spell the parameter in each of these ways. */
    public static final List<String> OTHER_LAST_EVENT_IDS = List.of("last_event_id", "Last-Event-ID", "lastEventId");

    private static final String LAST_EVENT_ID_PARAMETER = "lastEventID";

    /** Every spelling. */
    public static final List<String> LAST_EVENT_IDS = Stream.concat(
                    Stream.of(LAST_EVENT_ID_PARAMETER), OTHER_LAST_EVENT_IDS.stream())
            .toList();

    static final long MAX_DROPPED_BYTES = 16L * 1024 * 1024;

    private Requests() {}

    /**
     * A token, and whether it came in a cookie, so that the request may have been made by any page.
     *
     * @param text unverified; null: none
     */
    public record Token(@Nullable String text, boolean byCookie) {}

    /** What stands for the address of the client; one network of 64 bits is one address of IPv6. */
    public static long address(HttpServerExchange exchange) {
        return AddressLimits.key(exchange.getSourceAddress().getAddress());
    }

    /** As {@link #token(HttpServerExchange, String)}, with the cookie {@value #TOKEN_COOKIE}. */
    public static Token token(HttpServerExchange exchange) {
        return token(exchange, TOKEN_COOKIE);
    }

    /** From the header {@code Authorization: Bearer}, else the parameter {@code authorization}, else the cookie of this name. */
    public static Token token(HttpServerExchange exchange, String cookieName) {
        if (exchange.getRequestHeaders().contains(Headers.AUTHORIZATION)) {
            String bearer = bearer(exchange);
            if (bearer == null) {
                throw new CarillonException(
                        ErrorCode.TOKEN_INVALID, "header Authorization: only the scheme Bearer is known");
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
     * Goes on with what the request's token grants, as {@link #then} does. A token that a browser added by itself, in a cookie,
     * counts for what changes something only where the page may: any page can make such a request.
     *
     * @throws CarillonException when the page may not
     */
    public static void authorized(
            HttpServerExchange exchange, Authorizer authorizer, Origins origins, Consumer<Grants> next) {
        CompletionStage<Grants> grants = authorize(exchange, authorizer, origins);
        then(exchange, () -> grants, next);
    }

    /**
     * What the request's token grants; fails where it is refused.
     *
     * @throws CarillonException as {@link #authorized} does
     */
    public static CompletionStage<Grants> authorize(
            HttpServerExchange exchange, Authorizer authorizer, Origins origins) {
        Token token = token(exchange);
        if (token.byCookie() && !isSafe(exchange) && !origins.permits(exchange)) {
            throw new CarillonException(
                    ErrorCode.ORIGIN_REFUSED,
                    "a token in a cookie counts only for pages of this site, or of an origin that --cors-origins names");
        }
        if (token.text() == null) {
            exchange.putAttachment(Problem.WITHOUT_TOKEN, true);
        }
        return authorizer.authorize(token.text());
    }

    /** The token in the header {@code Authorization}, unverified, as backends present it; null: none. */
    public static @Nullable String bearer(HttpServerExchange exchange) {
        String header = exchange.getRequestHeaders().getFirst(Headers.AUTHORIZATION);
        return header != null && header.regionMatches(true, 0, BEARER, 0, BEARER.length())
                ? header.substring(BEARER.length()).strip()
                : null;
    }

    /** RFC 9110, section 9.2.1. */
    static boolean isSafe(HttpServerExchange exchange) {
        return exchange.getRequestMethod().equals(Methods.GET) || isHead(exchange);
    }

    public static boolean isHead(HttpServerExchange exchange) {
        return exchange.getRequestMethod().equals(Methods.HEAD);
    }

    /** By the header {@code Idempotency-Key}; empty: there is none. */
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
     * The id or cursor of the last event that a client has: the header {@code Last-Event-ID}, else a parameter of {@link
     * #LAST_EVENT_IDS}. An empty one counts as none, and of several with one name the first. Other spellings count before {@code lastEventID}:
     * clients add them to a page's address, which may have a {@code lastEventID} from before.
     * Too long for any that was given out, it stands for one that is not known: a browser must not be refused for it.
     */
    public static @Nullable String lastEventId(HttpServerExchange exchange) {
        String given = givenLastEventId(exchange);
        return given != null && given.length() > Event.MAX_ID_BYTES ? Cursor.PREFIX : given;
    }

    private static @Nullable String givenLastEventId(HttpServerExchange exchange) {
        List<String> headers = exchange.getRequestHeaders().get(LAST_EVENT_ID);
        String header = headers == null ? null : firstNotEmpty(headers);
        if (header != null) {
            // Browsers send it in UTF-8 (HTML Standard, section 9.2.3), Undertow reads headers as Latin-1.
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

    /** @throws CarillonException when it is given more than once */
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
     * Reads the whole body without blocking. One that is over the bound is read on and dropped before it is answered, up to
     * {@value #MAX_DROPPED_BYTES} bytes: a client that is still sending when the connection closes would not see the answer.
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
                            Problem.answer(x, new CarillonException(ErrorCode.INVALID_REQUEST, "the body was cut off"));
                        });
    }

    /** What has come of a body; on the I/O thread of its request. It keeps nothing once it is refused. */
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
                // The buffer doubles, and in the end there is the array beside it.
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

    /** Goes on with the answer of a stage, on the exchange's I/O thread; a failure becomes a problem. */
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
            LOGGER.debug("a request was answered after its I/O thread had ended");
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
