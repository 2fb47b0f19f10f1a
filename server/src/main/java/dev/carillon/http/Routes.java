package dev.carillon.http;

import dev.carillon.base.ErrorCode;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.RoutingHandler;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import io.undertow.util.PathTemplateMatcher;
import io.undertow.util.StatusCodes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Routes requests by path and method; all routes are added before the first request. Handlers of GET also answer HEAD (RFC 9110, section
 * 9.1), for which Undertow omits the body. OPTIONS and the refusal of a method list the methods of a path.
 */
final class Routes extends RoutingHandler {
    private final Map<HttpString, PathTemplateMatcher<Boolean>> methods = new LinkedHashMap<>();

    Routes() {
        setFallbackHandler(this::unknown);
        setInvalidMethodHandler(this::otherMethod);
    }

    @Override
    public synchronized RoutingHandler add(HttpString method, String template, HttpHandler handler) {
        PathTemplateMatcher<Boolean> paths = methods.computeIfAbsent(method, m -> new PathTemplateMatcher<>());
        if (paths.get(template) == null) {
            paths.add(template, true);
        }
        if (method.equals(Methods.GET)) {
            add(Methods.HEAD, template, handler);
        }
        return super.add(method, template, handler);
    }

    private void unknown(HttpServerExchange exchange) {
        if (exchange.getRequestMethod().equals(Methods.OPTIONS)
                && exchange.getRequestPath().equals("*")) {
            // A request about the server as a whole (RFC 9110, section 9.3.7).
            allow(exchange, methods.keySet().stream());
            exchange.setStatusCode(StatusCodes.NO_CONTENT);
            exchange.endExchange();
        } else {
            Problem.notFound(exchange, "there is nothing at " + exchange.getRequestPath());
        }
    }

    private void otherMethod(HttpServerExchange exchange) {
        allow(
                exchange,
                methods.entrySet().stream()
                        .filter(paths -> paths.getValue().match(exchange.getRelativePath()) != null)
                        .map(Map.Entry::getKey));
        if (exchange.getRequestMethod().equals(Methods.OPTIONS)) {
            exchange.setStatusCode(StatusCodes.NO_CONTENT);
            exchange.endExchange();
        } else {
            Problem.answer(
                    exchange,
                    ErrorCode.METHOD_NOT_ALLOWED,
                    "method " + exchange.getRequestMethod() + " is not supported at " + exchange.getRequestPath());
        }
    }

    private static void allow(HttpServerExchange exchange, Stream<HttpString> allowed) {
        List<String> names = Stream.concat(allowed, Stream.of(Methods.OPTIONS))
                .map(HttpString::toString)
                .sorted()
                .toList();
        exchange.getResponseHeaders().put(Headers.ALLOW, String.join(", ", names));
    }
}
