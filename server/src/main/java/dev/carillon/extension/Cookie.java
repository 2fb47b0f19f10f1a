package dev.carillon.extension;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A cookie that an answer sets. Scripts cannot read it, and other sites do not send it with their requests, unless its methods say otherwise. Its path
 * is that of the node. If the node sets cookies for HTTPS only, so is this one, and its name has the prefix {@code __Host-} in the browser, or
 * {@code __Secure-} below a base path; {@link Request#cookie} adds the same prefix.
 *
 * @param name 1 to 64 of {@code A–Z}, {@code a–z}, {@code 0–9}, {@code -} and {@code _}
 * @param value any text; at most {@value #MAX_BYTES} bytes with the name when percent-encoded
 * @param maxAge zero: the browser removes the cookie; null: until the browser ends
 * @param scripts whether scripts can read it
 * @param sameSite {@code Lax} or {@code Strict}
 */
public record Cookie(String name, String value, @Nullable Duration maxAge, boolean scripts, String sameSite) {
    /** Size of a name and a value that every browser accepts (RFC 6265, section 6.1). */
    public static final int MAX_BYTES = 4_000;

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,64}");
    private static final Set<String> SITES = Set.of("Lax", "Strict");
    private static final String OWN = "carillon_";

    /** @throws IllegalArgumentException when the name, the size, the age or {@code sameSite} breaks its rule */
    public Cookie {
        if (!NAME.matcher(name).matches() || name.startsWith("__") || name.startsWith(OWN)) {
            throw new IllegalArgumentException(
                    "a cookie has a name of 1 to 64 letters, digits, '-' or '_', which does not begin with __ or "
                            + OWN);
        }
        if (name.length() + encoded(value).length() > MAX_BYTES) {
            throw new IllegalArgumentException("cookie " + name + " exceeds " + MAX_BYTES + " bytes");
        }
        if (!SITES.contains(sameSite)) {
            throw new IllegalArgumentException("cookie " + name + ": sameSite must be Lax or Strict");
        }
        if (maxAge != null && maxAge.isNegative()) {
            throw new IllegalArgumentException("cookie " + name + ": its age must not be negative");
        }
    }

    /** Until the browser ends. */
    public static Cookie of(String name, String value) {
        return new Cookie(name, value, null, false, "Lax");
    }

    /** Removes a cookie from the browser. */
    public static Cookie removed(String name) {
        return of(name, "").lasting(Duration.ZERO);
    }

    public Cookie lasting(Duration time) {
        return new Cookie(name, value, time, scripts, sameSite);
    }

    /** Scripts of the page can read the cookie. */
    public Cookie readableByScripts() {
        return new Cookie(name, value, maxAge, true, sameSite);
    }

    /** The browser omits the cookie when the user follows a link from another site. */
    public Cookie strict() {
        return new Cookie(name, value, maxAge, scripts, "Strict");
    }

    /** The value as the header has it. */
    public String encodedValue() {
        return encoded(value);
    }

    private static String encoded(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }
}
