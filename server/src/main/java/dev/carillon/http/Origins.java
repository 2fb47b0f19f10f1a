package dev.carillon.http;

import dev.carillon.base.ConfigException;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Allowed origins: CORS headers (Fetch Standard), and the origin check for requests that a cookie authenticates. */
public final class Origins {
    private static final HttpString ORIGIN = new HttpString("Origin");
    private static final HttpString ALLOW_ORIGIN = new HttpString("Access-Control-Allow-Origin");
    private static final HttpString ALLOW_CREDENTIALS = new HttpString("Access-Control-Allow-Credentials");
    private static final HttpString ALLOW_HEADERS = new HttpString("Access-Control-Allow-Headers");
    private static final HttpString ALLOW_METHODS = new HttpString("Access-Control-Allow-Methods");
    private static final HttpString EXPOSE_HEADERS = new HttpString("Access-Control-Expose-Headers");
    private static final HttpString MAX_AGE = new HttpString("Access-Control-Max-Age");
    private static final HttpString REQUEST_METHOD = new HttpString("Access-Control-Request-Method");

    private final Set<String> allowed;

    public Origins(HttpConfig config) {
        this(config.corsOrigins());
    }

    private Origins(Collection<String> allowed) {
        this.allowed = Set.copyOf(allowed);
    }

    /** Allows no other origin. */
    public static Origins none() {
        return new Origins(List.of());
    }

    /** @throws ConfigException for an invalid origin */
    public static List<String> checked(String key, List<String> origins) {
        for (String origin : origins) {
            if (!origin.matches("https?://[^/\\s*]+")) {
                throw new ConfigException(
                        key, origin, "must be an origin such as https://app.example.com, without a path");
            }
        }
        return List.copyOf(origins);
    }

    /** Returns the headers that let a page of an allowed origin read the answer. */
    public Map<String, String> headers(HttpServerExchange exchange) {
        if (allowed.isEmpty()) {
            return Map.of();
        }
        Map<String, String> headers = new TreeMap<>();
        headers.put("Vary", "Origin");
        origin(exchange).filter(allowed::contains).ifPresent(origin -> {
            headers.put(ALLOW_ORIGIN.toString(), origin);
            headers.put(ALLOW_CREDENTIALS.toString(), "true");
            headers.put(EXPOSE_HEADERS.toString(), "Link, Last-Event-ID, Mercure-Last-Event-ID, ETag, Retry-After");
        });
        return headers;
    }

    /** Answers a preflight request; returns false for any other request. */
    boolean preflight(HttpServerExchange exchange) {
        if (!exchange.getRequestHeaders().contains(REQUEST_METHOD)
                || !exchange.getRequestMethod().equalToString("OPTIONS")) {
            return false;
        }
        if (origin(exchange).filter(allowed::contains).isPresent()) {
            exchange.getResponseHeaders()
                    // Methods that the path does not support are refused by the router.
                    .put(ALLOW_METHODS, "GET, POST, PUT, PATCH, DELETE")
                    .put(ALLOW_HEADERS, "authorization, cache-control, content-type, idempotency-key, last-event-id")
                    .put(MAX_AGE, "600");
        }
        exchange.setStatusCode(204);
        exchange.endExchange();
        return true;
    }

    /**
     * Whether a state-changing request comes from a page of this site or of an allowed origin, by {@code Origin}, else by {@code Referer};
     * false without both.
     */
    public boolean permits(HttpServerExchange exchange) {
        return source(exchange)
                .filter(o -> allowed.contains(o)
                        || o.equals(exchange.getRequestScheme() + "://" + exchange.getHostAndPort())
                        || o.equals(exchange.getRequestScheme() + "://"
                                + exchange.getRequestHeaders().getFirst(Headers.HOST)))
                .isPresent();
    }

    /** Whether a page of another site sent the request, even an allowed one; such a request has the header {@code Origin}. */
    public static boolean isForeign(HttpServerExchange exchange) {
        List<String> given = exchange.getRequestHeaders().get(ORIGIN);
        String own = exchange.getRequestScheme() + "://"
                + exchange.getRequestHeaders().getFirst(Headers.HOST);
        return given != null && given.stream().anyMatch(origin -> !origin.equals(own));
    }

    /** Whether a page of one of these origins sent the request, by {@code Origin}, else by {@code Referer}. */
    public static boolean isAmong(HttpServerExchange exchange, Collection<String> origins) {
        return source(exchange).filter(origins::contains).isPresent();
    }

    private static Optional<String> source(HttpServerExchange exchange) {
        return origin(exchange)
                .or(() -> Optional.ofNullable(exchange.getRequestHeaders().getFirst(Headers.REFERER))
                        .flatMap(Origins::originOf));
    }

    private static Optional<String> origin(HttpServerExchange exchange) {
        return Optional.ofNullable(exchange.getRequestHeaders().getFirst(ORIGIN));
    }

    private static Optional<String> originOf(String address) {
        try {
            URI uri = new URI(address);
            return uri.getHost() == null
                    ? Optional.empty()
                    : Optional.of(uri.getScheme() + "://" + uri.getRawAuthority());
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }
}
