package dev.carillon.edge;

import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Methods;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Validates a request before anything else is done with it, so that proxy and node cannot interpret it differently (RFC 9112, sections 3.2
 * and 6.3). {@link RequestBoundary} has validated the bytes of HTTP/1.1 before; headers of HTTP/2 are validated here.
 *
 * @param maxBodyBytes limit of the Content-Length
 */
public record RequestCheck(long maxBodyBytes) {
    private static final Pattern LENGTH = Pattern.compile("\\d{1,18}");

    /** @return empty for a valid request */
    public Optional<Violation> check(HttpServerExchange exchange) {
        String wrong = head(exchange);
        if (wrong == null) {
            wrong = framing(exchange);
        }
        if (wrong != null) {
            return Optional.of(Violation.of(wrong));
        }
        Violation ofBody = RequestBoundary.violation(exchange);
        if (ofBody != null) {
            return Optional.of(ofBody);
        }
        String length = exchange.getRequestHeaders().getFirst(Headers.CONTENT_LENGTH);
        return length != null && Long.parseLong(length) > maxBodyBytes
                ? Optional.of(new Violation(Violation.Kind.TOO_LARGE, "the body of the request is too large"))
                : Optional.empty();
    }

    private static @Nullable String head(HttpServerExchange exchange) {
        HttpString method = exchange.getRequestMethod();
        if (method.equals(Methods.CONNECT) || !isToken(method.toString())) {
            return "the method is not supported";
        }
        if (!isTarget(exchange)) {
            return "the URL has a character that must be percent-encoded";
        }
        // HeadScan has applied the same rules to every byte already.
        if (!RequestBoundary.isScanned(exchange) && !areHeaders(exchange.getRequestHeaders())) {
            return "a header has an invalid character";
        }
        if (exchange.getRequestHeaders().count(Headers.HOST) > 1) {
            return "the header Host is given more than once";
        }
        return isHostOfTarget(exchange) ? null : "the header Host and the host of the request target differ";
    }

    private static @Nullable String framing(HttpServerExchange exchange) {
        HeaderValues encodings = exchange.getRequestHeaders().get(Headers.TRANSFER_ENCODING);
        HeaderValues lengths = exchange.getRequestHeaders().get(Headers.CONTENT_LENGTH);
        if (encodings == null) {
            return lengths == null
                            || lengths.size() == 1
                                    && LENGTH.matcher(lengths.getFirst()).matches()
                    ? null
                    : "the header Content-Length must be one number";
        }
        if (lengths != null) {
            return "the headers Transfer-Encoding and Content-Length exclude each other";
        }
        if (!exchange.isHttp11()) {
            return "the header Transfer-Encoding requires HTTP/1.1";
        }
        return encodings.size() == 1 && encodings.getFirst().equalsIgnoreCase("chunked")
                ? null
                : "the header Transfer-Encoding must be chunked";
    }

    private static boolean isTarget(HttpServerExchange exchange) {
        String uri = exchange.getRequestURI();
        String query = exchange.getQueryString();
        return (uri.startsWith("/") || exchange.isHostIncludedInRequestURI() || uri.equals("*"))
                && isPrintable(uri)
                && (query == null || query.isEmpty() || isPrintable(query));
    }

    /** A target with a host (RFC 9112, section 3.2.2) must name the same host as the header. */
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
            if (!name.startsWith(":") && !isToken(name)) {
                return false;
            }
            for (String value : values) {
                if (!isValue(value)) {
                    return false;
                }
            }
        }
        return true;
    }

    // Loops, as each request has about twenty of these texts and streams of characters are slower.

    private static boolean isToken(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (!HeadScan.isToken(text.charAt(i))) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    private static boolean isPrintable(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c <= ' ' || c >= 0x7F) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    private static boolean isValue(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '\t' && (c > 0xFF || HeadScan.isControl(c))) {
                return false;
            }
        }
        return true;
    }
}
