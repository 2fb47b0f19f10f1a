package dev.carillon.cli.dev;

import dev.carillon.extension.Development.Problem;
import dev.carillon.jte.TemplateFolder;
import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.TemplateException;
import gg.jte.resolve.DirectoryCodeResolver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Compiles the templates of an application, always all of them. The running application has them only if all compile. */
final class TemplateBuild {
    /** Of javac, then of the parser of templates. */
    private static final List<Pattern> PLACES = List.of(
            Pattern.compile("error at (?<file>[^\\s:]+\\.jte):(?<line>\\d+)(?s:.*?)error: (?<message>[^\\n]*)"),
            Pattern.compile("compile (?<file>\\S+\\.jte), error at line (?<line>\\d+): (?<message>[^\\n]*)"));

    private TemplateBuild() {}

    /**
     * Compiles the templates.
     *
     * @param source folder of the templates
     * @param out existing folder for the compiled ones
     * @return the first error; none: all compile
     */
    static List<Problem> compile(Project project, Path source, Path out, AppClassLoader loader) {
        TemplateEngine engine = TemplateEngine.create(
                new DirectoryCodeResolver(source), out, ContentType.Html, loader, TemplateFolder.PACKAGE);
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
}
