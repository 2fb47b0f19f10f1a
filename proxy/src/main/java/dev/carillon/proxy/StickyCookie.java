package dev.carillon.proxy;

import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The cookie that keeps a browser at its node. Nodes receive it, too: a node that has more clients than others expires it in its answer to a stream that it
 * refuses.
 */
public final class StickyCookie {
    public static final String NAME = "carillon_node";

    private static final int ID_BYTES = 12;

    private StickyCookie() {}

    /** The value for a node: a one-way hash, the same in every proxy with the same URL of the node. */
    public static String valueOf(String url) {
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256").digest((NAME + " " + url).getBytes(StandardCharsets.UTF_8));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(digest, ID_BYTES));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    /**
     * The client's cookies.
     *
     * @param value value of the first sticky cookie, which is the most specific (RFC 6265, section 5.4); null: none
     * @param all header with all cookies, for the node; empty: none
     */
    record Sent(@Nullable String value, Optional<String> all) {}

    /** @param headers all {@code Cookie} headers of the request, of which HTTP/2 may have several (RFC 9113, section 8.2.3) */
    static Sent read(List<String> headers) {
        return new Sent(
                headers.stream()
                        .filter(header -> header.contains(NAME))
                        .flatMap(header -> Arrays.stream(header.split(";", -1)))
                        .filter(pair -> isNamed(pair))
                        .map(pair ->
                                unquoted(pair.substring(pair.indexOf('=') + 1).strip()))
                        .findFirst()
                        .orElse(null),
                headers.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", headers)));
    }

    /** Whether a pair of name and value is this cookie. */
    private static boolean isNamed(String pair) {
        int equals = pair.indexOf('=');
        return equals >= 0 && pair.substring(0, equals).strip().equals(NAME);
    }

    /**
     * Takes the cookie out of a node's response; the proxy alone knows its attributes.
     *
     * @return whether the node had it: it expires the cookie, so that the client's next request goes to any node
     */
    static boolean takeExpiry(HeaderMap response) {
        HeaderValues lines = response.get(Headers.SET_COOKIE);
        return lines != null && lines.removeIf(line -> isNamed(line.split(";", 2)[0]));
    }

    /** As {@link #header}, for a client that should forget the cookie. */
    static String expiry(ProxyConfig.Cookie cookie, boolean secure) {
        return header("", cookie, secure) + "; Max-Age=0";
    }

    private static String unquoted(String value) {
        boolean quoted = value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"");
        return quoted ? value.substring(1, value.length() - 1) : value;
    }

    /** @param secure whether the client uses HTTPS */
    static String header(String value, ProxyConfig.Cookie cookie, boolean secure) {
        String attributes = cookie.embedding()
                ? "None; Secure; Partitioned"
                : "Lax" + (secure || cookie.secure() ? "; Secure" : "");
        return NAME + "=" + value + "; Path=" + cookie.path() + "; HttpOnly; SameSite=" + attributes;
    }
}
