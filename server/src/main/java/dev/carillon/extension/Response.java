package dev.carillon.extension;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The answer to a request. */
public final class Response {
    private static final Set<String> FRAMING =
            Set.of("content-length", "transfer-encoding", "connection", "upgrade", "keep-alive", "te", "trailer");
    private static final ByteBuffer EMPTY = ByteBuffer.allocate(0).asReadOnlyBuffer();
    private static final int MIN_STATUS = 200;
    private static final int MAX_STATUS = 599;
    private static final int MAX_COOKIES = 20;

    private final int status;
    private final Map<String, String> headers;
    private final List<Cookie> cookies;
    private final @Nullable BrowserSession session;
    /** Read-only, from position 0. */
    private final ByteBuffer body;

    private Response(
            int status,
            Map<String, String> headers,
            List<Cookie> cookies,
            @Nullable BrowserSession session,
            ByteBuffer body) {
        this.status = status;
        this.headers = headers;
        this.cookies = cookies;
        this.session = session;
        this.body = body;
    }

    /** @throws IllegalArgumentException for a status below 200 or above 599 */
    public static Response of(int status, String mediaType, byte[] body) {
        return of(status, mediaType, ByteBuffer.wrap(body.clone()));
    }

    /**
     * As {@link #of(int, String, byte[])}, without a copy.
     *
     * @param body its remaining bytes, which must not change any more
     */
    public static Response of(int status, String mediaType, ByteBuffer body) {
        if (status < MIN_STATUS || status > MAX_STATUS) {
            throw new IllegalArgumentException("status " + status + " is not from " + MIN_STATUS + " to " + MAX_STATUS);
        }
        return new Response(status, Map.of(), List.of(), null, body.slice().asReadOnlyBuffer())
                .header("Content-Type", mediaType);
    }

    /** With status 200. */
    public static Response json(String text) {
        return of(200, "application/json", text.getBytes(StandardCharsets.UTF_8));
    }

    /** With status 200. */
    public static Response text(String text) {
        return of(200, "text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
    }

    /** With status 200. */
    public static Response html(String text) {
        return of(200, "text/html; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
    }

    /** Status 204, without a body. */
    public static Response noContent() {
        return new Response(204, Map.of(), List.of(), null, EMPTY);
    }

    /** Status 303: the client continues at another URL, with GET. */
    public static Response seeOther(String location) {
        return new Response(303, Map.of(), List.of(), null, EMPTY).header("Location", location);
    }

    /**
     * A copy with a header, which replaces a header of the same name.
     *
     * @throws IllegalArgumentException for a name or value that a header cannot have, and for headers that the server sets itself
     */
    public Response header(String name, String value) {
        if (!name.matches("[A-Za-z0-9-]{1,100}")
                || value.chars().anyMatch(c -> c < ' ' && c != '\t' || c == 0x7f || c > 0xff)) {
            throw new IllegalArgumentException("header " + name + " contains a character that headers cannot have");
        }
        if (FRAMING.contains(name.toLowerCase(Locale.ROOT))) {
            throw new IllegalArgumentException("header " + name + " is set by the server");
        }
        Map<String, String> more = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        more.putAll(headers);
        more.put(name, value);
        return new Response(status, more, cookies, session, body);
    }

    /**
     * A copy that sets a cookie, in place of one of the same name.
     *
     * @throws IllegalArgumentException for more than {@value #MAX_COOKIES} cookies
     */
    public Response cookie(Cookie cookie) {
        List<Cookie> more = new ArrayList<>(cookies);
        more.removeIf(before -> before.name().equals(cookie.name()));
        more.add(cookie);
        if (more.size() > MAX_COOKIES) {
            throw new IllegalArgumentException("an answer sets at most " + MAX_COOKIES + " cookies");
        }
        return new Response(status, headers, List.copyOf(more), session, body);
    }

    /** A copy that gives the browser another session. */
    public Response session(BrowserSession next) {
        return new Response(status, headers, cookies, next, body);
    }

    /** Null: the browser keeps its session. */
    public @Nullable BrowserSession session() {
        return session;
    }

    public int status() {
        return status;
    }

    public Map<String, String> headers() {
        return Map.copyOf(headers);
    }

    public List<Cookie> cookies() {
        return cookies;
    }

    /** A copy. */
    public byte[] body() {
        byte[] copy = new byte[body.remaining()];
        body.duplicate().get(copy);
        return copy;
    }

    /** The body, read-only and without a copy. */
    public ByteBuffer content() {
        return body.duplicate();
    }
}
