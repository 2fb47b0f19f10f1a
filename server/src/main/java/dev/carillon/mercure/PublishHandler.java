package dev.carillon.mercure;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.broadcast.Broadcaster;
import dev.carillon.broadcast.NotGrantedException;
import dev.carillon.broker.Idempotency;
import dev.carillon.http.Problem;
import dev.carillon.http.Requests;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.StatusCodes;
import java.util.List;
import java.util.Locale;

/** {@code POST /.well-known/mercure}: publishes an update and answers with its id once it is in the log. */
final class PublishHandler implements HttpHandler {
    private static final int MAX_BODY_BYTES = 1024 * 1024;
    private static final String FORM = "application/x-www-form-urlencoded";

    private final MercureTokens tokens;
    private final Broadcaster broadcaster;

    PublishHandler(MercureTokens tokens, Broadcaster broadcaster) {
        this.tokens = tokens;
        this.broadcaster = broadcaster;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) {
        Requests.then(
                exchange,
                () -> tokens.publisher(exchange),
                token -> Requests.body(exchange, MAX_BODY_BYTES, body -> publish(exchange, token, body)));
    }

    private void publish(HttpServerExchange exchange, MercureGrants token, byte[] body) {
        requireForm(exchange);
        FormBody form = FormBody.parse(body);
        List<String> topics = form.values("topic");
        if (topics.isEmpty()) {
            throw invalid("Missing \"topic\" parameter");
        }
        Long retry = form.first("retry").map(PublishHandler::retry).orElse(null);
        List<Scope> scopes = topics.stream().map(Scope::topic).distinct().toList();
        try {
            broadcaster.requireGranted(token.grants(), scopes);
        } catch (NotGrantedException e) {
            // 401 as at the reference hub, where other endpoints answer 403.
            Problem.answer(
                    exchange,
                    StatusCodes.UNAUTHORIZED,
                    ErrorCode.NOT_GRANTED,
                    "the token does not grant publishing to "
                            + Text.printable(e.scope().name(), 100));
            return;
        }
        if (topics.stream().anyMatch(topic -> topic.contains(MercureHub.PATH))) {
            throw new CarillonException(
                    ErrorCode.NOT_GRANTED,
                    "a topic must not contain " + MercureHub.PATH + ", which is reserved for the hub");
        }
        Event event = Event.to(scopes)
                .tenant(token.grants().tenant())
                .type(form.first("type").orElse(null))
                .data(form.first("data").orElse(""))
                .id(form.first("id").orElse(null))
                .isPrivate(form.has("private"))
                .retryMillis(retry)
                .build()
                .withTraceparent(broadcaster.isTraced() ? Requests.traceparent(exchange) : null);
        // Ids do not deduplicate: publishers of this protocol reuse ids, and each of their updates counts.
        Idempotency idempotency = Requests.idempotencyKey(exchange).orElse(Idempotency.NONE);
        Requests.then(exchange, () -> broadcaster.broadcast(token.grants(), event, idempotency), receipt -> {
            exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "text/plain; charset=utf-8");
            exchange.getResponseSender().send(receipt.id());
        });
    }

    private static void requireForm(HttpServerExchange exchange) {
        String type = exchange.getRequestHeaders().getFirst(Headers.CONTENT_TYPE);
        if (type == null
                || !type.toLowerCase(Locale.ROOT).split(";", 2)[0].strip().equals(FORM)) {
            throw invalid("header Content-Type: must be " + FORM);
        }
    }

    private static long retry(String text) {
        if (!text.matches("\\d{1,18}") || Long.parseLong(text) > Integer.MAX_VALUE) {
            throw invalid("Invalid \"retry\" parameter");
        }
        return Long.parseLong(text);
    }

    private static CarillonException invalid(String detail) {
        return new CarillonException(ErrorCode.INVALID_REQUEST, detail);
    }
}
