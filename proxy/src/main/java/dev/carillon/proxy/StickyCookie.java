package dev.carillon.proxy;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The cookie that keeps a browser at its node. It is removed from the requests to nodes. */
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
     * @param others header with the other cookies, for the node; empty: none
     */
    record Sent(@Nullable String value, Optional<String> others) {}

    /** @param headers all {@code Cookie} headers of the request, of which HTTP/2 may have several (RFC 9113, section 8.2.3) */
    static Sent read(List<String> headers) {
        List<String> values = new ArrayList<>();
        List<String> others = new ArrayList<>();
        for (String header : headers) {
            if (!header.contains(NAME)) {
                others.add(header);
                continue;
            }
            StringBuilder left = new StringBuilder();
            for (String pair : header.split(";", -1)) {
                int equals = pair.indexOf('=');
                if (equals >= 0 && pair.substring(0, equals).strip().equals(NAME)) {
                    values.add(unquoted(pair.substring(equals + 1).strip()));
                } else {
                    left.append(left.isEmpty() ? "" : ";").append(pair);
                }
            }
            String rest = left.toString().strip();
            if (!rest.isEmpty()) {
                others.add(rest);
            }
        }
        return new Sent(
                values.isEmpty() ? null : values.getFirst(),
                others.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", others)));
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
