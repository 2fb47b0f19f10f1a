package dev.carillon.cli.dev;

import dev.carillon.extension.Development.Problem;
import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.TemplateException;
import gg.jte.resolve.DirectoryCodeResolver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The templates of an application: compiled on trial, and copied to the folder that the running application uses only if all of them compile. A page is never
 * rendered with a template that does not.
 */
final class TemplateBuild {
    /** Of javac, then of the parser of templates. */
    private static final List<Pattern> PLACES = List.of(
            Pattern.compile("error at (?<file>[^\\s:]+\\.jte):(?<line>\\d+)(?s:.*?)error: (?<message>[^\\n]*)"),
            Pattern.compile("compile (?<file>\\S+\\.jte), error at line (?<line>\\d+): (?<message>[^\\n]*)"));

    private TemplateBuild() {}

    /**
     * Compiles the templates on trial.
     *
     * @param source folder of the templates
     * @param trial folder for the compiled ones, which nothing uses
     * @return the first error; none: all compile
     */
    static List<Problem> check(Project project, Path source, Path trial, AppClassLoader loader) {
        TemplateEngine engine = TemplateEngine.create(
                new DirectoryCodeResolver(source), trial, ContentType.Html, loader, "carillon.trial");
        engine.setTrimControlStructures(true);
        try {
            List<String> _ = engine.precompileAll(loader.classPath());
            return List.of();
        } catch (TemplateException e) {
            return List.of(problem(project, source, e));
        }
    }

    private static Problem problem(Project project, Path source, TemplateException e) {
        String text = String.valueOf(e.getMessage());
        for (Pattern pattern : PLACES) {
            Matcher place = pattern.matcher(text);
            if (place.find()) {
                Path file = source.resolve(place.group("file"));
                long line = Long.parseLong(place.group("line"));
                return new Problem(
                        project.shown(file),
                        line,
                        place.group("message"),
                        line(file, line).orElse(""));
            }
        }
        return new Problem(project.shown(source), 0, text.strip(), "");
    }

    private static Optional<String> line(Path file, long number) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.skip(Math.max(0, number - 1)).findFirst();
        } catch (IOException | UncheckedIOException e) {
            return Optional.empty();
        }
    }

    /** Makes one folder have the templates of another; each file is replaced as a whole. */
    static void copy(Path source, Path target) throws IOException {
        Set<Path> known = new HashSet<>();
        for (Path file : files(source)) {
            Path copy = target.resolve(source.relativize(file).toString());
            known.add(copy);
            if (!Files.exists(copy) || Files.mismatch(file, copy) >= 0) {
                Files.createDirectories(Optional.ofNullable(copy.getParent()).orElse(target));
                Path whole = Files.copy(
                        file, copy.resolveSibling(copy.getFileName() + ".new"), StandardCopyOption.REPLACE_EXISTING);
                Path _ = Files.move(whole, copy, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            }
        }
        for (Path old : files(target)) {
            if (!known.contains(old)) {
                Files.delete(old);
            }
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(path -> path.toString().endsWith(".jte")).toList();
        }
    }
}
