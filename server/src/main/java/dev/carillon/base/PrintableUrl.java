package dev.carillon.base;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A URL without its secrets, for messages and logs: it has no user, password or query. For a text that is not a valid URL only the scheme is
 * shown, because a secret can be anywhere in it: in {@code redis://user:a/b@host} the password ends where a path seems to begin.
 */
public final class PrintableUrl {
    private static final String HIDDEN = "(hidden)";
    private static final Pattern SCHEME = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]{0,31}):.*", Pattern.DOTALL);

    private PrintableUrl() {}

    public static String of(String text) {
        try {
            return of(new URI(text));
        } catch (URISyntaxException e) {
            return schemeOf(text);
        }
    }

    public static String of(URI uri) {
        String text = uri.toString();
        String info = uri.getRawUserInfo();
        boolean misplacedAt = text.indexOf('@') != text.lastIndexOf('@') || info == null && text.contains("@");
        if (uri.getScheme() == null || uri.getHost() == null || misplacedAt) {
            return schemeOf(text);
        }
        return uri.getScheme() + "://" + (info == null ? "" : HIDDEN + "@") + uri.getHost()
                + (uri.getPort() < 0 ? "" : ":" + uri.getPort()) + uri.getRawPath()
                + (uri.getRawQuery() == null && uri.getRawFragment() == null ? "" : "?" + HIDDEN);
    }

    private static String schemeOf(String text) {
        Matcher matcher = SCHEME.matcher(text);
        return matcher.matches() ? matcher.group(1) + ":" + HIDDEN : HIDDEN;
    }
}
