package dev.carillon.page.file;

import dev.carillon.extension.Response;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;

/** The header {@code Cache-Control} of some files. */
public final class CacheRule {
    private final PathMatcher paths;
    private final String cacheControl;

    /**
     * A rule.
     *
     * @param pattern of paths, as a glob such as {@code /images/**}
     * @throws IllegalArgumentException for a pattern that is no glob, or a value that a header cannot have
     */
    public CacheRule(String pattern, String cacheControl) {
        this.paths = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
        this.cacheControl = cacheControl;
        Response _ = Response.noContent().header("Cache-Control", cacheControl);
    }

    boolean matches(String path) {
        return paths.matches(Path.of(path));
    }

    String cacheControl() {
        return cacheControl;
    }
}
