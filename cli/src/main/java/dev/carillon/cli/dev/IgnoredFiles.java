package dev.carillon.cli.dev;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.Set;
import java.util.regex.PatternSyntaxException;

/** Files whose changes mean nothing: those of version control and builds, temporary files of editors, and those of the given patterns. Immutable. */
public final class IgnoredFiles {
    private static final Set<String> FOLDERS = Set.of("target", "build", "out", "node_modules");
    /** Vim creates a file of this name to try whether it can write. */
    private static final String VIM_TRIAL = "4913";

    private static final List<String> ENDINGS =
            List.of("~", ".swp", ".swx", ".swo", ".tmp", ".bak", ".orig", "___jb_tmp___", "___jb_old___");

    private final List<PathMatcher> given;

    private IgnoredFiles(List<PathMatcher> given) {
        this.given = given;
    }

    /**
     * Adds patterns to those that are always ignored.
     *
     * @param globs of paths below the folder of the application, or of names
     * @throws PatternSyntaxException for a pattern that is none
     */
    public static IgnoredFiles of(List<String> globs) {
        return new IgnoredFiles(globs.stream()
                .map(glob -> FileSystems.getDefault().getPathMatcher("glob:" + glob))
                .toList());
    }

    /** @param path below the folder of the application */
    boolean contains(Path path) {
        Path name = path.getFileName();
        if (name == null || name.toString().isEmpty()) {
            return false;
        }
        boolean sources = false;
        for (Path part : path) {
            String text = part.toString();
            // Below src they are packages.
            if (text.startsWith(".") || !sources && FOLDERS.contains(text)) {
                return true;
            }
            sources |= text.equals("src");
        }
        String text = name.toString();
        return text.equals(VIM_TRIAL)
                || text.startsWith("#")
                || ENDINGS.stream().anyMatch(text::endsWith)
                || given.stream().anyMatch(glob -> glob.matches(path) || glob.matches(name));
    }
}
