package dev.carillon.http;

import dev.carillon.base.Text;
import dev.carillon.secret.Secrets;
import io.undertow.server.HttpServerExchange;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Sessions, identified by a signed cookie: HttpOnly, SameSite=Lax, Path=/ or the base path, Max-Age, and if configured Secure with the prefix
 * {@code __Host-}, or {@code __Secure-} below a base path. For pages in frames of other sites it is SameSite=None and Partitioned. The cookie is renewed by the first stream or page after a tenth of its lifetime, or after the secret was replaced. Thread-safe.
 *
 * <p>A session belongs to the user whose token started it; clients without a token have a separate session, with another cookie name. A
 * missing, forged or expired cookie, or one of another user, starts a new session and is never an error: a session does not survive signing
 * in, signing out or changing the user.
 */
public final class Sessions {
    public static final Duration MAX_AGE_MIN = Duration.ofMinutes(1);
    /** Browsers store no cookie for longer (RFC 6265bis, section 5.5). */
    public static final Duration MAX_AGE_MAX = Duration.ofDays(400);

    private static final String PURPOSE = "session";
    private static final int ID_BYTES = 16;
    private static final int USER_BYTES = 8;
    /** Id, time of issue in seconds, user, signature. */
    private static final Pattern COOKIE =
            Pattern.compile("([A-Za-z0-9_-]{22})\\.([0-9a-z]{1,8})\\.([A-Za-z0-9_-]{11}|0)\\.([A-Za-z0-9_-]{43})");

    private static final String NO_USER = "0";
    private static final String USER_SUFFIX = "_user";
    private static final int RENEWALS = 10;

    private final SecureRandom random;
    private final Secrets secrets;
    private final InstantSource clock;
    private final long maxAgeSeconds;
    private final String cookieName;
    private final String attributes;

    /**
     * A browser's session.
     *
     * @param handle public name, derived one-way from the cookie, which is never shown
     * @param setCookie value of the header {@code Set-Cookie}; null: the browser has the cookie
     */
    public record Session(String handle, @Nullable String setCookie) {}

    /** @param outdated whether a secret signed the cookie that is being replaced */
    private record Known(String id, long issued, boolean outdated) {}

    public Sessions(HttpConfig config, InstantSource clock, SecureRandom random) {
        this.secrets = config.secrets();
        this.clock = clock;
        this.random = random;
        this.maxAgeSeconds = config.sessionMaxAge().toSeconds();
        SiteConfig site = config.site();
        this.cookieName = site.cookieName("carillon_session", config.secureCookie());
        this.attributes = "; Path=" + site.cookiePath() + "; Max-Age=" + maxAgeSeconds + "; HttpOnly"
                + site.cookieSite("Lax", config.secureCookie());
    }

    /**
     * Returns the handle of the browser's existing session; null: none, or one of another user.
     *
     * @param user the user of the request's token; null: none
     */
    public @Nullable String known(HttpServerExchange exchange, @Nullable String user) {
        Known known = verified(exchange, user);
        return known == null ? null : handle(known.id());
    }

    /**
     * Remembers the session cookie of a request whose client authenticates itself later, when no cookie can be set any more. The result maps the user to
     * the handle of the session: that of the cookie, if it belongs to the user, or of a new session.
     */
    public UnaryOperator<@Nullable String> forDeferredUser(HttpServerExchange exchange) {
        String ofUser = Cookies.first(exchange.getRequestHeaders(), cookieName + USER_SUFFIX);
        String withoutUser = Cookies.first(exchange.getRequestHeaders(), cookieName);
        return user -> {
            String cookie = user == null ? withoutUser : ofUser;
            Known known = cookie == null ? null : verified(cookie, user);
            return handle(known == null ? fresh() : known.id());
        };
    }

    /** @param user the user of the request's token; null: none */
    public Session of(HttpServerExchange exchange, @Nullable String user) {
        long now = clock.instant().getEpochSecond();
        Known known = verified(exchange, user);
        if (known != null && !known.outdated() && now - known.issued() < maxAgeSeconds / RENEWALS) {
            return new Session(handle(known.id()), null);
        }
        return issue(known == null ? fresh() : known.id(), user, now);
    }

    /** A new session. */
    public Session start(@Nullable String user) {
        return issue(fresh(), user, clock.instant().getEpochSecond());
    }

    private Session issue(String id, @Nullable String user, long now) {
        String text = id + "." + Long.toString(now, Character.MAX_RADIX) + "." + tag(id, user);
        return new Session(handle(id), name(user) + "=" + text + "." + secrets.sign(PURPOSE, text) + attributes);
    }

    /** A browser may have pages with and without a token open at the same time. */
    private String name(@Nullable String user) {
        return user == null ? cookieName : cookieName + USER_SUFFIX;
    }

    private String fresh() {
        byte[] bytes = new byte[ID_BYTES];
        random.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private @Nullable Known verified(HttpServerExchange exchange, @Nullable String user) {
        String value = Cookies.first(exchange.getRequestHeaders(), name(user));
        return value == null ? null : verified(value, user);
    }

    private @Nullable Known verified(String value, @Nullable String user) {
        Matcher cookie = COOKIE.matcher(value);
        if (!cookie.matches()) {
            return null;
        }
        String text = value.substring(0, cookie.end(3));
        if (!secrets.verify(PURPOSE, text, cookie.group(4)) || !cookie.group(3).equals(tag(cookie.group(1), user))) {
            return null;
        }
        long issued = Long.parseLong(cookie.group(2), Character.MAX_RADIX);
        long age = clock.instant().getEpochSecond() - issued;
        return age < maxAgeSeconds && age > -maxAgeSeconds
                ? new Known(cookie.group(1), issued, secrets.isOutdated(PURPOSE, text, cookie.group(4)))
                : null;
    }

    /** Does not depend on the secret, so that it survives a change of the secret. */
    private static String handle(String id) {
        return hash("carillon/session-handle/" + id, ID_BYTES);
    }

    /** The hash of the user in the cookie. */
    private static String tag(String id, @Nullable String user) {
        return user == null ? NO_USER : hash("carillon/session-user/" + id + "/" + user, USER_BYTES);
    }

    private static String hash(String text, int bytes) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(Text.utf8(text));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(hash, bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
