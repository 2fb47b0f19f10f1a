package dev.carillon.http;

import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The header {@code Accept-Encoding} (RFC 9110, section 12.5.3). */
public final class ContentCoding {
    /** A coding with an optional weight of 0 to 1 with at most three digits. */
    private static final Pattern CODING =
            Pattern.compile("\\s*([!#$%&'*+.^_`|~a-z0-9-]{1,40})\\s*(?:;\\s*q=([01](?:\\.\\d{0,3})?)\\s*)?");

    private static final int MAX_CODINGS = 20;

    private ContentCoding() {}

    /** Whether {@code gzip} is named with a weight above 0. {@code *} is not enough: such a client may not decode a stream. */
    public static boolean acceptsGzip(HttpServerExchange exchange) {
        String header = exchange.getRequestHeaders().getFirst(Headers.ACCEPT_ENCODING);
        return header != null && acceptsGzip(header);
    }

    static boolean acceptsGzip(String header) {
        for (String coding : header.toLowerCase(Locale.ROOT).split(",", MAX_CODINGS)) {
            Matcher matcher = CODING.matcher(coding);
            if (matcher.matches() && matcher.group(1).equals("gzip")) {
                return matcher.group(2) == null || Double.parseDouble(matcher.group(2)) > 0;
            }
        }
        return false;
    }
}
