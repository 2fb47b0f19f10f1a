package dev.carillon.base;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The form of a URL for messages and logs. User, password and query are never in it. A text that is no URL may have its secret
 * anywhere, so only its scheme is shown: in {@code redis://user:a/b@host} the password ends where a path seems to begin.
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
        boolean signs = text.indexOf('@') != text.lastIndexOf('@') || info == null && text.contains("@");
        if (uri.getScheme() == null || uri.getHost() == null || signs) {
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
