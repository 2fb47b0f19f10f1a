package dev.carillon.cli.dev;

import dev.carillon.cli.base.CommandException;
import dev.carillon.extension.Development.Problem;
import dev.carillon.extension.Extension;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One build of an application: its classes, with the class loader that has them all, and its templates. It has a folder of its own, so that it can be used until it
 * is closed, whatever later builds do. For one thread.
 */
final class Build implements AutoCloseable {
    private final Path folder;
    private final Project project;
    private final AppClassLoader loader;
    private final ApplicationClass.Maker application;
    private int templateBuilds;
    /** The templates before those of now: a page that is being rendered may still load their classes. */
    private @Nullable Path before;

    /** The result of a build: one of both. */
    record Result(@Nullable Build build, List<Problem> problems) {}

    private Build(Path folder, Project project, AppClassLoader loader, ApplicationClass.Maker application) {
        this.folder = folder;
        this.project = project;
        this.loader = loader;
        this.application = application;
    }

    /**
     * What a build is made from.
     *
     * @param libraries of the application, besides the class path of this process
     * @param mainClass of the application; empty: the only one
     */
    record Input(Project project, IgnoredFiles ignored, List<Path> libraries, Optional<String> mainClass) {}

    /** @param folder a new one, which the build owns */
    static Result of(Input input, Path folder) throws IOException {
        Project project = input.project();
        Path classes = Files.createDirectories(folder.resolve("classes"));
        List<Path> classPath = new ArrayList<>(input.libraries());
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .map(Path::of)
                .forEach(classPath::add);
        List<Problem> problems = Compilation.compile(project, project.sources(input.ignored()), classPath, classes);
        if (!problems.isEmpty()) {
            remove(folder);
            return new Result(null, problems);
        }
        AppClassLoader loader =
                new AppClassLoader(classes, project.resources(), input.libraries(), Build.class.getClassLoader());
        try {
            Build build = new Build(folder, project, loader, ApplicationClass.find(classes, input.mainClass(), loader));
            List<Problem> ofTemplates = build.takeTemplates();
            if (ofTemplates.isEmpty()) {
                return new Result(build, List.of());
            }
            build.close();
            return new Result(null, ofTemplates);
        } catch (CommandException e) {
            loader.close();
            remove(folder);
            return new Result(null, List.of(new Problem("", 0, String.valueOf(e.getMessage()), "")));
        }
    }

    /** Takes the templates as they are now, if all of them compile; once, and what is compiled is what renders. */
    List<Problem> takeTemplates() throws IOException {
        Optional<Path> source = project.templates();
        if (source.isEmpty()) {
            return List.of();
        }
        templateBuilds++;
        Path compiled = Files.createDirectories(folder.resolve("templates-" + templateBuilds));
        List<Problem> problems = TemplateBuild.compile(project, source.get(), compiled, loader);
        if (!problems.isEmpty()) {
            remove(compiled);
            return problems;
        }
        Path unused = before;
        before = loader.compiledTemplates();
        loader.compiledTemplates(compiled);
        if (unused != null) {
            remove(unused);
        }
        return List.of();
    }

    /** Whether the application had templates when it was built. */
    boolean hasTemplates() {
        return loader.compiledTemplates() != null;
    }

    AppClassLoader loader() {
        return loader;
    }

    /** The application, for one more node; its code runs with the class loader of this build. */
    Extension application() throws Exception {
        Extension made = application.make();
        return node -> {
            Thread thread = Thread.currentThread();
            ClassLoader before = thread.getContextClassLoader();
            thread.setContextClassLoader(loader);
            try {
                return made.start(node);
            } catch (RuntimeException | LinkageError | AssertionError e) {
                throw new StartProblem.ApplicationFailure(e);
            } finally {
                thread.setContextClassLoader(before);
            }
        };
    }

    @Override
    public void close() throws IOException {
        loader.close();
        remove(folder);
    }

    /** Removes a folder with everything in it. */
    static void remove(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                boolean _ = Files.deleteIfExists(path);
            }
        }
    }
}
