package dev.carillon.page.file;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;

/**
 * The header {@code Cache-Control} of some files.
 *
 * @param pattern of paths, as a glob such as {@code /images/**}
 */
public record CacheRule(String pattern, String cacheControl) {
    boolean matches(String path) {
        PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
        return matcher.matches(Path.of(path));
    }
}
