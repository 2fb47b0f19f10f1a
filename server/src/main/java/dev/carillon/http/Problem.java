package dev.carillon.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.AttachmentKey;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import io.undertow.util.StatusCodes;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers errors as {@code application/problem+json} (RFC 9457), with the stable code as the member {@code code}. */
public final class Problem {
    private static final Logger LOGGER = LoggerFactory.getLogger(Problem.class);
    private static final HttpString WWW_AUTHENTICATE = new HttpString("WWW-Authenticate");
    /** RFC 9110, section 15.5.20. */
    private static final int MISDIRECTED_REQUEST = 421;

    private static final int RETRY_AFTER_SECONDS = 2;
    /** Marks a request without a token: a refusal then asks for a token. */
    static final AttachmentKey<Boolean> WITHOUT_TOKEN = AttachmentKey.create(Boolean.class);

    private Problem() {}

    /** The failure itself, without the exceptions that futures wrap around it. */
    public static Throwable cause(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    /** Answers with the code of the failure; an unexpected failure is logged and answered as {@code internal}. */
    public static void answer(HttpServerExchange exchange, Throwable failure) {
        Throwable cause = cause(failure);
        if (cause instanceof CarillonException refused
                && refused.code() == ErrorCode.NOT_GRANTED
                && exchange.getAttachment(WITHOUT_TOKEN) != null) {
            answer(exchange, ErrorCode.TOKEN_MISSING, "a token that grants it is required");
        } else if (cause instanceof CarillonException known) {
            answer(exchange, known.code(), String.valueOf(known.getMessage()));
        } else if (cause instanceof RejectedExecutionException) {
            // Its threads have ended with the node; another one can answer.
            LOGGER.debug("a request came too late: {}", cause.toString());
            answer(exchange, ErrorCode.DRAINING, "the node is stopping");
        } else {
            LOGGER.atError()
                    .addKeyValue("method", exchange.getRequestMethod())
                    .addKeyValue("path", exchange.getRequestPath())
                    .setCause(cause)
                    .log("a request failed");
            answer(exchange, ErrorCode.INTERNAL, "the node failed; its log has the reason");
        }
    }

    /** Answers that there is nothing here: a person in a browser receives a line of text, a program a problem. */
    public static void notFound(HttpServerExchange exchange, String detail) {
        if (!exchange.getRequestMethod().equals(Methods.GET) || !Requests.acceptsHtml(exchange)) {
            answer(exchange, ErrorCode.NOT_FOUND, detail);
            return;
        }
        exchange.setStatusCode(StatusCodes.NOT_FOUND);
        exchange.getResponseHeaders()
                .put(Headers.CONTENT_TYPE, "text/plain; charset=utf-8")
                .put(Headers.VARY, "Accept");
        exchange.getResponseSender().send("Not found: " + detail + ".\n");
    }

    public static void answer(HttpServerExchange exchange, ErrorCode code, String detail) {
        answer(exchange, status(code), code, detail);
    }

    /** Answers with a status that a protocol prescribes, other than the code's own. */
    public static void answer(HttpServerExchange exchange, int status, ErrorCode code, String detail) {
        if (exchange.isResponseStarted()) {
            exchange.endExchange();
            return;
        }
        exchange.setStatusCode(status);
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "application/problem+json");
        if (status == StatusCodes.UNAUTHORIZED || code == ErrorCode.NOT_GRANTED) {
            exchange.getResponseHeaders().put(WWW_AUTHENTICATE, challenge(code));
        }
        if (status == StatusCodes.SERVICE_UNAVAILABLE || status == StatusCodes.TOO_MANY_REQUESTS) {
            exchange.getResponseHeaders().put(Headers.RETRY_AFTER, RETRY_AFTER_SECONDS);
        }
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.put("type", "about:blank");
        body.put("title", status == MISDIRECTED_REQUEST ? "Misdirected Request" : StatusCodes.getReason(status));
        body.put("status", status);
        body.put("code", code.code());
        body.put("detail", detail);
        exchange.getResponseSender().send(body.toString());
    }

    /** RFC 6750, section 3: a request without a token gets no error code. */
    private static String challenge(ErrorCode code) {
        return switch (code) {
            case TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED -> "Bearer realm=\"carillon\", error=\"invalid_token\"";
            case NOT_GRANTED -> "Bearer realm=\"carillon\", error=\"insufficient_scope\"";
            default -> "Bearer realm=\"carillon\"";
        };
    }

    public static int status(ErrorCode code) {
        return switch (code) {
            case INVALID_REQUEST, INVALID_EVENT, INVALID_SCOPE, INVALID_CURSOR, UNKNOWN_MESSAGE ->
                StatusCodes.BAD_REQUEST;
            case TOKEN_MISSING, TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_REVOKED -> StatusCodes.UNAUTHORIZED;
            case NOT_GRANTED, CONTEXT_REFUSED, ORIGIN_REFUSED, OPERATOR_ROUTES_DISABLED, CALL_REFUSED ->
                StatusCodes.FORBIDDEN;
            case NOT_FOUND -> StatusCodes.NOT_FOUND;
            case METHOD_NOT_ALLOWED -> StatusCodes.METHOD_NOT_ALLOWED;
            case UNSUPPORTED_MEDIA_TYPE -> StatusCodes.UNSUPPORTED_MEDIA_TYPE;
            case ID_CONFLICT, RELOAD_UNAVAILABLE, REBALANCE_UNAVAILABLE, OUTCOME_UNKNOWN -> StatusCodes.CONFLICT;
            case WRONG_NODE -> MISDIRECTED_REQUEST;
            case NODE_UNREACHABLE -> StatusCodes.BAD_GATEWAY;
            case TOO_LARGE -> StatusCodes.REQUEST_ENTITY_TOO_LARGE;
            case TOO_MANY_REQUESTS, RATE_LIMITED -> StatusCodes.TOO_MANY_REQUESTS;
            case ACTION_TIMEOUT -> StatusCodes.GATEWAY_TIME_OUT;
            case BROKER_UNAVAILABLE, KEYS_UNAVAILABLE, AUTHORIZER_UNAVAILABLE, OVERLOADED, DRAINING, CONTEXT_MOVED ->
                StatusCodes.SERVICE_UNAVAILABLE;
            case INTERNAL -> StatusCodes.INTERNAL_SERVER_ERROR;
        };
    }
}
