package dev.carillon.jte;

import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.TemplateException;
import gg.jte.output.StringOutput;
import gg.jte.resolve.DirectoryCodeResolver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The JTE templates of an application. Text is escaped for the place where it stands: in elements, attributes, URLs and event handlers. Immutable; may be
 * used by all pages.
 */
public final class Templates {
    private static final String PACKAGE = ".templates";

    private final Supplier<TemplateEngine> engines;
    /** For messages. */
    private final String place;

    private Templates(Supplier<TemplateEngine> engines, String place) {
        this.engines = engines;
        this.place = place;
    }

    /**
     * Templates that the build has compiled, by the goal {@code precompile} of {@code jte-maven-plugin}. The command {@code dev} compiles them
     * instead, whenever one is saved.
     *
     * @param near a class of the application. The plugin's {@code packageName} is the package of this class and {@code .templates}
     */
    public static Templates precompiled(Class<?> near) {
        if (near.getClassLoader() instanceof TemplateFolder development && development.compiledTemplates() != null) {
            return new Templates(
                    new DevelopedTemplates(development, near.getClassLoader())::engine, "the folder of templates");
        }
        String name = packageName(near);
        TemplateEngine engine = TemplateEngine.createPrecompiled(null, ContentType.Html, near.getClassLoader(), name);
        return new Templates(() -> engine, "the compiled templates of package " + name);
    }

    /**
     * Templates of a directory, for development: compiled when they are used, and again when a file has changed. Needs {@code gg.jte:jte} on the class path
     * and a JDK.
     *
     * @param near as for {@link #precompiled}
     */
    public static Templates directory(Path directory, Class<?> near) {
        try {
            if (!Files.isDirectory(directory)) {
                throw new NotDirectoryException(directory.toString());
            }
            TemplateFolder development = near.getClassLoader() instanceof TemplateFolder known ? known : null;
            TemplateEngine engine = TemplateEngine.create(
                    new DirectoryCodeResolver(directory),
                    development == null ? CompiledClasses.directory() : development.temporary(),
                    ContentType.Html,
                    near.getClassLoader(),
                    // Otherwise the class loader of the application would have the templates of the last build.
                    packageName(near) + ".development");
            engine.setTrimControlStructures(true);
            if (development != null) {
                engine.setClassPath(development.classPath());
            }
            return new Templates(() -> engine, "directory " + directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoClassDefFoundError e) {
            throw new IllegalStateException("templates of a directory need gg.jte:jte on the class path", e);
        }
    }

    private static String packageName(Class<?> near) {
        return near.getPackageName() + PACKAGE;
    }

    /**
     * A view.
     *
     * @param template name of the file with its path, such as {@code board/notes.jte}
     * @param parameters by name, for each rendering
     * @throws IllegalArgumentException when there is no such template. The view throws it when a parameter is missing, unknown or of another type
     */
    public Supplier<String> view(String template, Supplier<Map<String, ?>> parameters) {
        requireTemplate(engines.get(), template);
        return () -> render(template, parameters.get());
    }

    /**
     * Renders a template, such as a layout.
     *
     * @throws IllegalArgumentException when there is no such template, or a parameter is missing, unknown or of another type
     * @throws TemplateException when the template fails; its message has file and line
     */
    public String render(String template, Map<String, ?> parameters) {
        TemplateEngine engine = engines.get();
        requireTemplate(engine, template);
        Set<String> known = engine.getParamInfo(template).keySet();
        parameters.keySet().stream()
                .filter(name -> !known.contains(name))
                .findFirst()
                .ifPresent(name -> {
                    throw new IllegalArgumentException("template " + template + " has no parameter \"" + name
                            + "\"; its parameters: " + String.join(", ", known));
                });
        StringOutput out = new StringOutput();
        try {
            engine.render(template, new Parameters(template, parameters), out);
        } catch (TemplateException e) {
            throw reason(template, e);
        }
        return out.toString();
    }

    private void requireTemplate(TemplateEngine engine, String template) {
        if (!engine.hasTemplate(template)) {
            throw new IllegalArgumentException("template " + template + ": is not in " + place);
        }
    }

    /** The parameter that is wrong, else the failure of the template. */
    private static RuntimeException reason(String template, TemplateException e) {
        for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof Parameters.Missing missing) {
                return new IllegalArgumentException(missing.getMessage(), e);
            }
            if (cause instanceof ClassCastException type && isOfParameters(type)) {
                return new IllegalArgumentException(
                        "template " + template + ": a parameter is of another type: " + type.getMessage(), e);
            }
        }
        return e;
    }

    /** Whether the code that takes the parameters of a template has failed, and not the template. */
    private static boolean isOfParameters(ClassCastException e) {
        StackTraceElement[] stack = e.getStackTrace();
        return stack.length > 0 && stack[0].getMethodName().equals("renderMap");
    }
}
