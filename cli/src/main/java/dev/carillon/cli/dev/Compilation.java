package dev.carillon.cli.dev;

import dev.carillon.extension.Development.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/** Compiles the sources of an application, always all of them. */
final class Compilation {
    private static final int MAX_PROBLEMS = 50;

    private Compilation() {}

    /**
     * Compiles.
     *
     * @param classPath entries
     * @param out existing folder for the classes
     * @return the errors; none: every class is there
     */
    static List<Problem> compile(Project project, List<Path> sources, List<Path> classPath, Path out) {
        JavaCompiler javac = Objects.requireNonNull(ToolProvider.getSystemJavaCompiler());
        DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
        try (StandardJavaFileManager files = javac.getStandardFileManager(found, Locale.ROOT, StandardCharsets.UTF_8)) {
            files.setLocationFromPaths(StandardLocation.CLASS_OUTPUT, List.of(out));
            files.setLocationFromPaths(StandardLocation.CLASS_PATH, classPath);
            boolean compiled = javac.getTask(
                            null,
                            files,
                            found,
                            List.of("-g", "-parameters", "-proc:none", "-nowarn", "-Xlint:none", "-implicit:none"),
                            null,
                            files.getJavaFileObjectsFromPaths(sources))
                    .call();
            List<Problem> problems = found.getDiagnostics().stream()
                    .filter(diagnostic -> diagnostic.getKind() == Diagnostic.Kind.ERROR)
                    .limit(MAX_PROBLEMS)
                    .map(diagnostic -> problem(project, diagnostic))
                    .toList();
            return compiled || !problems.isEmpty()
                    ? problems
                    : List.of(new Problem("", 0, "the compiler has failed without a message", ""));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Problem problem(Project project, Diagnostic<? extends JavaFileObject> diagnostic) {
        JavaFileObject source = diagnostic.getSource();
        long line = Math.max(0, diagnostic.getLineNumber());
        return new Problem(
                source == null ? "" : project.shown(Path.of(source.toUri())),
                line,
                diagnostic.getMessage(Locale.ROOT),
                line(source, line));
    }

    private static String line(@Nullable JavaFileObject source, long number) {
        if (source == null || number == 0) {
            return "";
        }
        try {
            return source.getCharContent(true)
                    .toString()
                    .lines()
                    .skip(number - 1)
                    .findFirst()
                    .orElse("");
        } catch (IOException e) {
            return "";
        }
    }
}
