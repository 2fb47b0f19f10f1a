package dev.carillon.transport;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.format.WebSocketFormat;
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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A checked opening handshake of WebSocket over HTTP/1.1 (RFC 6455, section 4.2), with the subprotocol {@value WebSocketFormat#PROTOCOL} and the extension
 * {@code permessage-deflate} (RFC 7692) if the client offers them.
 *
 * @param deflate parameters of the agreed extension; null: no compression
 * @param token the unverified token that the client sent as a subprotocol, as pages can set no header; null: none
 */
public record WebSocketHandshake(
        String acceptance,
        boolean subprotocol,
        @Nullable String deflate,
        @Nullable String token) {
    private static final HttpString KEY = new HttpString("Sec-WebSocket-Key");
    private static final HttpString VERSION = new HttpString("Sec-WebSocket-Version");
    private static final HttpString PROTOCOLS = new HttpString("Sec-WebSocket-Protocol");
    private static final HttpString EXTENSIONS = new HttpString("Sec-WebSocket-Extensions");
    private static final HttpString ORIGIN = new HttpString("Origin");
    private static final String SUPPORTED = "13";
    private static final int KEY_BYTES = 16;
    /** Prefix of the subprotocol that holds a token. */
    private static final String TOKEN_PREFIX = "carillon.authorization.";
    /** RFC 6455, section 1.3. */
    private static final String SALT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    private static final int MAX_OFFERS = 20;
    /** The only window of this node's compression, in bits. */
    private static final String WINDOW = "15";

    private static final String AGREED = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

    /**
     * Checks a request.
     *
     * @param compression whether messages may be compressed
     * @throws CarillonException {@code invalid-request}, naming the header, or {@code origin-refused}: browsers let pages of any site open
     *     a WebSocket with this site's cookies
     */
    public static WebSocketHandshake of(HttpServerExchange exchange, Origins origins, boolean compression) {
        if (!exchange.getProtocol().equals(Protocols.HTTP_1_1)) {
            throw invalid("a WebSocket requires HTTP/1.1");
        }
        if (Requests.isHead(exchange)) {
            throw invalid("a WebSocket requires the method GET");
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
        List<String> protocols = list(exchange, PROTOCOLS).toList();
        return new WebSocketHandshake(
                acceptance(key.strip()),
                protocols.contains(WebSocketFormat.PROTOCOL),
                compression
                        ? list(exchange, EXTENSIONS)
                                .flatMap(offer -> agreed(offer).stream())
                                .findFirst()
                                .orElse(null)
                        : null,
                protocols.stream()
                        .filter(protocol -> protocol.startsWith(TOKEN_PREFIX))
                        .map(protocol -> protocol.substring(TOKEN_PREFIX.length()))
                        .findFirst()
                        .orElse(null));
    }

    /**
     * The head of the answer.
     *
     * @param more additional headers
     */
    public StreamHead head(Map<String, String> more, @Nullable String setCookie) {
        return headWithCookies(more, setCookie == null ? List.of() : List.of(setCookie));
    }

    /** As {@link #head(Map, String)}, with several cookies. */
    public StreamHead headWithCookies(Map<String, String> more, List<String> setCookies) {
        Map<String, String> headers = new LinkedHashMap<>(more);
        headers.put("Upgrade", "websocket");
        headers.put("Connection", "Upgrade");
        headers.put("Sec-WebSocket-Accept", acceptance);
        if (subprotocol) {
            headers.put("Sec-WebSocket-Protocol", WebSocketFormat.PROTOCOL);
        }
        if (deflate != null) {
            headers.put("Sec-WebSocket-Extensions", deflate);
        }
        return StreamHead.switching(headers, setCookies);
    }

    /** Does not show the token. */
    @Override
    public String toString() {
        return "WebSocketHandshake[deflate=" + deflate + "]";
    }

    /** The answer to an offer of an extension (RFC 7692, section 7.1); empty: it is declined, as any that this node does not understand. */
    private static Optional<String> agreed(String offer) {
        String[] parts = offer.split(";", MAX_OFFERS);
        if (!parts[0].strip().equalsIgnoreCase("permessage-deflate")) {
            return Optional.empty();
        }
        Map<String, String> parameters = new LinkedHashMap<>();
        for (String part : Arrays.asList(parts).subList(1, parts.length)) {
            String[] pair = part.split("=", 2);
            String value = pair.length == 1 ? "" : unquoted(pair[1].strip());
            String name = pair[0].strip().toLowerCase(Locale.ROOT);
            if (!isParameter(name, value, pair.length == 2) || parameters.put(name, value) != null) {
                return Optional.empty();
            }
        }
        return Optional.of(
                parameters.containsKey("server_max_window_bits")
                        ? AGREED + "; server_max_window_bits=" + WINDOW
                        : AGREED);
    }

    private static boolean isParameter(String name, String value, boolean hasValue) {
        return switch (name) {
            case "server_no_context_takeover", "client_no_context_takeover" -> !hasValue;
            // A smaller window of the client can be read, but this node cannot write one.
            case "client_max_window_bits" -> !hasValue || value.matches("8|9|1[0-5]");
            case "server_max_window_bits" -> value.equals(WINDOW);
            default -> false;
        };
    }

    private static String unquoted(String value) {
        return value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"")
                ? value.substring(1, value.length() - 1)
                : value;
    }

    private static boolean hasToken(HttpServerExchange exchange, HttpString header, String token) {
        return list(exchange, header).anyMatch(token::equalsIgnoreCase);
    }

    /** The members of a header that is a list, which may be given several times. */
    private static Stream<String> list(HttpServerExchange exchange, HttpString header) {
        List<String> values = exchange.getRequestHeaders().get(header);
        return values == null
                ? Stream.empty()
                : values.stream()
                        .flatMap(value -> Arrays.stream(value.split(",", MAX_OFFERS)))
                        .map(String::strip);
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
