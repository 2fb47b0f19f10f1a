package dev.carillon.transport;

import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.StatusCodes;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The head of a streamed response, over HTTP/1.1 or HTTP/2. Immutable. */
public final class StreamHead {
    private static final String OK = "HTTP/1.1 200 OK\r\n";
    private static final String SWITCHING = "HTTP/1.1 101 Switching Protocols\r\n";
    /** The body ends with the connection (RFC 9112, section 6.3). */
    private static final String UNTIL_CLOSE = "Connection: close\r\n";
    /**
     * Keep-alive, although the connection serves no other request: after {@code Connection: close}, undici (the fetch of Node.js) takes the
     * end of the connection for the end of the body even without a last chunk.
     */
    private static final String CHUNKED = "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n";

    private static final Map<String, String> FIXED = sorted(Map.of(
            "Content-Type", "text/event-stream",
            "Cache-Control", "no-cache, no-store",
            "X-Accel-Buffering", "no",
            "X-Content-Type-Options", "nosniff"));
    /** Longer than most heads. */
    private static final int INITIAL_LENGTH = 512;

    private final boolean switching;
    private final Map<String, String> headers;
    private final List<String> setCookies;

    /**
     * Creates the head of an event stream, with status 200.
     *
     * @param more headers that supplement or replace those of every stream
     * @param setCookie value of {@code Set-Cookie}; null: none
     * @throws IllegalArgumentException for a line break, which would inject a header
     */
    public StreamHead(Map<String, String> more, @Nullable String setCookie) {
        this(false, more, setCookie == null ? List.of() : List.of(setCookie));
    }

    /** As {@link #StreamHead(Map, String)}, with several cookies. */
    public static StreamHead withCookies(Map<String, String> more, List<String> setCookies) {
        return new StreamHead(false, more, setCookies);
    }

    /** The head of a response that switches protocols. */
    static StreamHead switching(Map<String, String> headers, List<String> setCookies) {
        return new StreamHead(true, headers, setCookies);
    }

    private StreamHead(boolean switching, Map<String, String> more, List<String> setCookies) {
        this.switching = switching;
        this.headers = sorted(switching ? Map.of() : FIXED);
        headers.putAll(more);
        more.forEach(StreamHead::check);
        setCookies.forEach(cookie -> check("Set-Cookie", cookie));
        this.setCookies = List.copyOf(setCookies);
    }

    /** Whether the connection changes to another protocol than HTTP. */
    boolean switches() {
        return switching;
    }

    int status() {
        return switching ? StatusCodes.SWITCHING_PROTOCOLS : StatusCodes.OK;
    }

    /** This head with one more header. */
    StreamHead with(String name, String value) {
        Map<String, String> more = sorted(headers);
        more.put(name, value);
        return new StreamHead(switching, more, setCookies);
    }

    private static Map<String, String> sorted(Map<String, String> headers) {
        Map<String, String> sorted = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        sorted.putAll(headers);
        return sorted;
    }

    /**
     * Encodes the head for a connection taken over from HTTP/1.1.
     *
     * @param chunked whether the body is chunked; else it ends with the connection (RFC 9112, section 6.3)
     */
    byte[] bytes(boolean chunked) {
        StringBuilder head = new StringBuilder(INITIAL_LENGTH).append(switching ? SWITCHING : OK);
        headers.forEach((name, value) -> line(head, name, value));
        setCookies.forEach(cookie -> line(head, "Set-Cookie", cookie));
        if (!switching) {
            head.append(chunked ? CHUNKED : UNTIL_CLOSE);
        }
        return head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Answers HEAD with the head of the stream. */
    public void answer(HttpServerExchange exchange) {
        putInto(exchange);
        if (exchange.isHttp11()) {
            // As for GET; otherwise Undertow adds Content-Length: 0.
            exchange.getResponseHeaders().put(Headers.TRANSFER_ENCODING, Headers.CHUNKED.toString());
        }
        exchange.endExchange();
    }

    /** Replaces the exchange's response headers, including those of every other answer. */
    void putInto(HttpServerExchange exchange) {
        HeaderMap all = exchange.getResponseHeaders();
        all.clear();
        headers.forEach((name, value) -> all.put(new HttpString(name), value));
        all.addAll(Headers.SET_COOKIE, setCookies);
    }

    private static void line(StringBuilder head, String name, String value) {
        head.append(name).append(": ").append(value).append("\r\n");
    }

    private static void check(String name, String value) {
        if (hasLineBreak(name) || hasLineBreak(value)) {
            throw new IllegalArgumentException("header " + name + " has a line break");
        }
    }

    private static boolean hasLineBreak(String text) {
        return text.indexOf('\r') >= 0 || text.indexOf('\n') >= 0;
    }
}
