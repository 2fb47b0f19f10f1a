package dev.carillon.page.request;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;

/**
 * Places to which an application may lead browsers: its own paths, and origins that it names. Otherwise a target from user input would lead users anywhere
 * (OWASP, Unvalidated Redirects and Forwards).
 *
 * @param base prefix of the paths of the application in URLs
 */
public record Redirects(String base, List<String> origins) {
    public Redirects {
        origins = List.copyOf(origins);
    }

    /**
     * The URL of a target.
     *
     * @throws IllegalArgumentException when it is not permitted
     */
    public String url(String target) {
        URI uri = parsed(target);
        if (uri.getScheme() == null
                && uri.getRawAuthority() == null
                && target.startsWith("/")
                && !target.startsWith("//")) {
            return base + uri.toASCIIString();
        }
        if (isPermitted(uri)) {
            return uri.toASCIIString();
        }
        throw refused();
    }

    /** Whether a URL is one of the named origins. */
    public boolean isForeign(String url) {
        return isPermitted(parsed(url));
    }

    private boolean isPermitted(URI uri) {
        String scheme = uri.getScheme();
        return scheme != null
                && uri.getHost() != null
                && uri.getRawUserInfo() == null
                && origins.contains((scheme + "://" + uri.getRawAuthority()).toLowerCase(Locale.ROOT));
    }

    private static URI parsed(String target) {
        try {
            return new URI(target);
        } catch (URISyntaxException e) {
            throw refused();
        }
    }

    private static IllegalArgumentException refused() {
        return new IllegalArgumentException(
                "a redirect leads to a path of this application, such as /login, or to an origin of redirectOrigins");
    }
}
