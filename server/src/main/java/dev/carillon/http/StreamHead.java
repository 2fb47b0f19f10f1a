package dev.carillon.http;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The head of a response that is a stream of events: its body ends with the connection (RFC 9112, section 6.3). */
public final class StreamHead {
    private static final String FIXED = String.join(
            "\r\n",
            "HTTP/1.1 200 OK",
            "Content-Type: text/event-stream; charset=utf-8",
            "Cache-Control: no-cache, no-store",
            "X-Accel-Buffering: no",
            "X-Content-Type-Options: nosniff",
            "Connection: close",
            "");

    private StreamHead() {}

    /** @param headers names and values without CR or LF */
    public static byte[] of(Map<String, String> headers, @Nullable String setCookie) {
        StringBuilder head = new StringBuilder(FIXED);
        headers.forEach((name, value) -> line(head, name, value));
        if (setCookie != null) {
            line(head, "Set-Cookie", setCookie);
        }
        return head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private static void line(StringBuilder head, String name, String value) {
        if (value.indexOf('\r') >= 0 || value.indexOf('\n') >= 0) {
            throw new IllegalArgumentException("header " + name + " has a line break");
        }
        head.append(name).append(": ").append(value).append("\r\n");
    }
}
