package dev.carillon.http;

import dev.carillon.base.ConfigException;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Where the node is in its site, and what its site permits.
 *
 * @param basePath prefix of all paths, such as {@code /myapp}; empty: none
 * @param frameAncestors origins whose pages may show pages of the node in frames; empty: none
 * @param uploadMaxBytes maximum size of a streamed request body
 */
public record SiteConfig(String basePath, List<String> frameAncestors, long uploadMaxBytes) {
    public static final long UPLOAD_DEFAULT = 16L * 1024 * 1024;
    public static final SiteConfig DEFAULT = new SiteConfig("", List.of(), UPLOAD_DEFAULT);

    /** No empty segment, so it cannot begin like a URL without a scheme; no {@code .} or {@code ..}. */
    private static final Pattern BASE_PATH = Pattern.compile("(/(?!\\.{1,2}(/|$))[A-Za-z0-9._~-]+){0,8}");

    private static final int BASE_PATH_MAX = 200;

    /** Rule of the setting {@code base-path}. */
    public static final String BASE_PATH_RULE =
            "must be a path such as /myapp, without a host, a query or a slash at the end";

    public SiteConfig {
        frameAncestors = Origins.checked("frame-ancestors", frameAncestors);
    }

    /** @throws ConfigException for text that is not a base path; {@code /} is the empty one */
    public static String basePath(String key, String text) {
        String path = text.equals("/") ? "" : text;
        if (path.length() > BASE_PATH_MAX || !BASE_PATH.matcher(path).matches()) {
            throw new ConfigException(key, text, BASE_PATH_RULE);
        }
        return path;
    }

    /** Whether pages may be shown in frames of other sites. */
    public boolean embedding() {
        return !frameAncestors.isEmpty();
    }

    /** The attribute {@code Path} of cookies. */
    public String cookiePath() {
        return basePath.isEmpty() ? "/" : basePath;
    }

    /**
     * The name of a cookie in the browser. A prefix keeps other applications of the site and plain HTTP from replacing it (RFC 6265bis, section
     * 4.1.3).
     */
    public String cookieName(String name, boolean secure) {
        if (!secure) {
            return name;
        }
        return (basePath.isEmpty() ? "__Host-" : "__Secure-") + name;
    }

    /**
     * The attributes {@code SameSite}, {@code Secure} and {@code Partitioned}.
     *
     * @param sameSite for pages that are not embedded
     */
    public String cookieSite(String sameSite, boolean secure) {
        return embedding()
                ? "; SameSite=None; Secure; Partitioned"
                : "; SameSite=" + sameSite + (secure ? "; Secure" : "");
    }
}
