package dev.carillon.proxy;

import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.Methods;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a request must hold to before it is passed on, so that proxy and node cannot read it differently (RFC 9112, sections 3.2
 * and 6.3). Undertow lets some of it pass, above all over HTTP/2, where nothing stands between header values.
 */
record RequestCheck(long maxBodyBytes) {
    private static final Pattern LENGTH = Pattern.compile("\\d{1,18}");
    private static final Pattern TARGET = Pattern.compile("[!-~]+");
    private static final Pattern NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
    private static final Pattern VALUE = Pattern.compile("[\\t -~\\x80-\\xFF]*");

    /** @return empty: nothing is wrong */
    Optional<Refusal> check(HttpServerExchange exchange) {
        HeaderMap headers = exchange.getRequestHeaders();
        if (exchange.getRequestMethod().equals(Methods.CONNECT)
                || !NAME.matcher(exchange.getRequestMethod().toString()).matches()
                || !isTarget(exchange)
                || !areHeaders(headers)
                || Heads.values(headers, Headers.HOST).size() > 1
                || !isHostOfTarget(exchange)) {
            return Optional.of(Refusal.BAD_REQUEST);
        }
        List<String> encodings = Heads.values(headers, Headers.TRANSFER_ENCODING);
        List<String> lengths = Heads.values(headers, Headers.CONTENT_LENGTH);
        if (!encodings.isEmpty()) {
            boolean alone = lengths.isEmpty() && encodings.size() == 1 && exchange.isHttp11();
            return alone && encodings.getFirst().equalsIgnoreCase("chunked")
                    ? Optional.empty()
                    : Optional.of(Refusal.BAD_REQUEST);
        }
        if (lengths.isEmpty()) {
            return Optional.empty();
        }
        if (lengths.size() > 1 || !LENGTH.matcher(lengths.getFirst()).matches()) {
            return Optional.of(Refusal.BAD_REQUEST);
        }
        return Long.parseLong(lengths.getFirst()) > maxBodyBytes ? Optional.of(Refusal.TOO_LARGE) : Optional.empty();
    }

    private static boolean isTarget(HttpServerExchange exchange) {
        String uri = exchange.getRequestURI();
        String query = exchange.getQueryString();
        return (uri.startsWith("/") || exchange.isHostIncludedInRequestURI() || uri.equals("*"))
                && TARGET.matcher(uri).matches()
                && (query == null || query.isEmpty() || TARGET.matcher(query).matches());
    }

    /** A target with a host of its own (RFC 9112, section 3.2.2) must name the same as the header. */
    private static boolean isHostOfTarget(HttpServerExchange exchange) {
        String uri = exchange.getRequestURI();
        int authority = uri.indexOf("://") + 3;
        if (!exchange.isHostIncludedInRequestURI() || authority < 3) {
            return !exchange.isHostIncludedInRequestURI();
        }
        int path = uri.indexOf('/', authority);
        return uri.substring(authority, path < 0 ? uri.length() : path)
                .equalsIgnoreCase(exchange.getRequestHeaders().getFirst(Headers.HOST));
    }

    private static boolean areHeaders(HeaderMap headers) {
        for (HeaderValues values : headers) {
            String name = values.getHeaderName().toString();
            if (!name.startsWith(":") && !NAME.matcher(name).matches()) {
                return false;
            }
            for (String value : values) {
                if (!VALUE.matcher(value).matches()) {
                    return false;
                }
            }
        }
        return true;
    }
}
