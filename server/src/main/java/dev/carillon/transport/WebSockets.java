package dev.carillon.transport;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.http.Origins;
import dev.carillon.http.Requests;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.Protocols;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The opening handshake of WebSocket over HTTP/1.1 (RFC 6455, section 4.2). */
public final class WebSockets {
    private static final HttpString KEY = new HttpString("Sec-WebSocket-Key");
    private static final HttpString VERSION = new HttpString("Sec-WebSocket-Version");
    private static final HttpString ORIGIN = new HttpString("Origin");
    private static final String SUPPORTED = "13";
    private static final int KEY_BYTES = 16;
    /** RFC 6455, section 1.3. */
    private static final String SALT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    private WebSockets() {}

    /**
     * Checks the request and returns the head of the answer. Only for connections without TLS, which can be taken over.
     *
     * @param headers additional headers of the answer
     * @throws CarillonException {@code invalid-request}, naming the header, or {@code origin-refused}: browsers let pages of any site open
     *     a WebSocket with this site's cookies
     */
    public static StreamHead accept(
            HttpServerExchange exchange, Origins origins, Map<String, String> headers, @Nullable String setCookie) {
        if (!exchange.getProtocol().equals(Protocols.HTTP_1_1)) {
            throw invalid("a WebSocket requires HTTP/1.1");
        }
        if (Requests.isHead(exchange)) {
            throw invalid("a WebSocket requires the method GET");
        }
        if (exchange.getConnection().getSslSession() != null) {
            throw invalid("this node serves WebSockets only without TLS: terminate TLS at a proxy");
        }
        if (!hasToken(exchange, Headers.UPGRADE, "websocket") || !hasToken(exchange, Headers.CONNECTION, "upgrade")) {
            throw invalid("headers Upgrade, Connection: must be \"websocket\" and \"Upgrade\"");
        }
        if (!SUPPORTED.equals(exchange.getRequestHeaders().getFirst(VERSION))) {
            exchange.getResponseHeaders().put(VERSION, SUPPORTED);
            throw invalid("header Sec-WebSocket-Version: must be " + SUPPORTED);
        }
        String key = exchange.getRequestHeaders().getFirst(KEY);
        if (key == null || !isKey(key.strip())) {
            throw invalid("header Sec-WebSocket-Key: must be 16 bytes in base64");
        }
        if (exchange.getRequestHeaders().contains(ORIGIN) && !origins.permits(exchange)) {
            throw new CarillonException(
                    ErrorCode.ORIGIN_REFUSED,
                    "a WebSocket is only for pages of this site and of the origins in --cors-origins");
        }
        Map<String, String> answer = new LinkedHashMap<>(headers);
        answer.put("Upgrade", "websocket");
        answer.put("Connection", "Upgrade");
        answer.put("Sec-WebSocket-Accept", acceptance(key.strip()));
        return StreamHead.switching(answer, setCookie);
    }

    private static boolean hasToken(HttpServerExchange exchange, HttpString header, String token) {
        String value = exchange.getRequestHeaders().getFirst(header);
        return value != null
                && Arrays.stream(value.split(",", 20)).anyMatch(t -> t.strip().equalsIgnoreCase(token));
    }

    private static boolean isKey(String key) {
        try {
            return Base64.getDecoder().decode(key).length == KEY_BYTES;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static String acceptance(String key) {
        try {
            // The protocol prescribes SHA-1; nothing depends on its strength.
            byte[] digest = MessageDigest.getInstance("SHA-1").digest((key + SALT).getBytes(StandardCharsets.US_ASCII));
            return Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static CarillonException invalid(String detail) {
        return new CarillonException(ErrorCode.INVALID_REQUEST, detail);
    }
}
