package dev.carillon.http;

import dev.carillon.base.Text;
import io.undertow.server.HttpServerExchange;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Sessions by their signed cookie: HttpOnly, SameSite=Lax, Path=/, and where so configured Secure with the {@code __Host-}
 * prefix. A cookie that is missing or forged gives a new session, never an error. Thread-safe.
 */
public final class Sessions {
    private static final String PURPOSE = "session";
    private static final int ID_BYTES = 16;
    private static final int ID_LENGTH = 22;
    private static final int MAX_COOKIE_LENGTH = 100;

    private final SecureRandom random = new SecureRandom();
    private final Secrets secrets;
    private final String cookieName;
    private final String attributes;

    /**
     * A browser's session.
     *
     * @param handle its public name, derived one-way from the cookie, which itself appears nowhere
     * @param setCookie the header that makes it known to the browser; null: it has it already
     */
    public record Session(String handle, @Nullable String setCookie) {}

    public Sessions(HttpConfig config) {
        this.secrets = config.secrets();
        this.cookieName = config.secureCookie() ? "__Host-carillon_session" : "carillon_session";
        this.attributes = "; Path=/; HttpOnly; SameSite=Lax" + (config.secureCookie() ? "; Secure" : "");
    }

    /** The handle of the session that the browser has already; null: none. */
    public @Nullable String known(HttpServerExchange exchange) {
        String id = verified(Cookies.first(exchange.getRequestHeaders(), cookieName));
        return id == null ? null : handle(id);
    }

    public Session of(HttpServerExchange exchange) {
        String known = known(exchange);
        if (known != null) {
            return new Session(known, null);
        }
        byte[] bytes = new byte[ID_BYTES];
        random.nextBytes(bytes);
        String fresh = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        return new Session(handle(fresh), cookieName + "=" + fresh + "." + secrets.sign(PURPOSE, fresh) + attributes);
    }

    private @Nullable String verified(@Nullable String value) {
        if (value == null
                || value.length() > MAX_COOKIE_LENGTH
                || value.length() <= ID_LENGTH
                || value.charAt(ID_LENGTH) != '.') {
            return null;
        }
        String id = value.substring(0, ID_LENGTH);
        return secrets.verify(PURPOSE, id, value.substring(ID_LENGTH + 1)) ? id : null;
    }

    /** Does not depend on the secret, so that it stays the same when the secret is replaced. */
    private static String handle(String id) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(Text.utf8("carillon/session-handle/" + id));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(hash, ID_BYTES));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
