package dev.carillon.http;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.Cookie;
import io.undertow.util.Headers;
import io.undertow.util.SameThreadExecutor;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reading of requests, on their I/O threads. */
public final class Requests {
    public static final String TOKEN_COOKIE = "carillon_authorization";
    private static final Logger LOGGER = LoggerFactory.getLogger(Requests.class);
    private static final String BEARER = "Bearer ";

    private Requests() {}

    /**
     * A token, and whether it came in a cookie, so that the request may have been made by any page.
     *
     * @param text unverified; null: none
     */
    public record Token(@Nullable String text, boolean byCookie) {}

    /** From the header {@code Authorization: Bearer}, else the parameter {@code authorization}, else the cookie. */
    public static Token token(HttpServerExchange exchange) {
        String header = exchange.getRequestHeaders().getFirst(Headers.AUTHORIZATION);
        if (header != null) {
            if (!header.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
                throw new CarillonException(
                        ErrorCode.TOKEN_INVALID, "header Authorization: only the scheme Bearer is known");
            }
            return new Token(header.substring(BEARER.length()).strip(), false);
        }
        Optional<String> parameter = parameter(exchange, "authorization");
        if (parameter.isPresent()) {
            return new Token(parameter.get(), false);
        }
        Cookie cookie = exchange.getRequestCookie(TOKEN_COOKIE);
        return cookie == null ? new Token(null, false) : new Token(cookie.getValue(), true);
    }

    /** @throws CarillonException when it is given more than once */
    public static Optional<String> parameter(HttpServerExchange exchange, String name) {
        List<String> values = parameters(exchange, name);
        if (values.size() > 1) {
            throw new CarillonException(ErrorCode.INVALID_REQUEST, "parameter " + name + ": must be given once");
        }
        return values.stream().findFirst();
    }

    public static List<String> parameters(HttpServerExchange exchange, String name) {
        Deque<String> values = exchange.getQueryParameters().get(name);
        return values == null ? List.of() : List.copyOf(values);
    }

    /**
     * Reads the whole body without blocking.
     *
     * @throws CarillonException {@code too-large} when its length is told and over the bound; found on the way, it is answered
     */
    public static void body(HttpServerExchange exchange, int maxBytes, Consumer<byte[]> then) {
        if (exchange.getRequestContentLength() > maxBytes) {
            // The rest is not worth reading: the connection ends with the answer.
            exchange.setPersistent(false);
            throw tooLarge(maxBytes);
        }
        exchange.setMaxEntitySize(maxBytes);
        exchange.getRequestReceiver().receiveFullBytes((x, bytes) -> guarded(x, () -> then.accept(bytes)), (x, e) -> {
            x.setPersistent(false);
            Problem.answer(
                    x,
                    e instanceof io.undertow.server.RequestTooBigException
                            ? tooLarge(maxBytes)
                            : new CarillonException(ErrorCode.INVALID_REQUEST, "the body was cut off"));
        });
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
