package dev.carillon.jte;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A class loader of an application under development, whose templates are compiled apart from its classes: {@link Templates#precompiled} then has those of the
 * last build. The command {@code dev} has such a class loader, and no production does.
 */
public interface TemplateFolder {
    /** Package of the compiled templates. */
    String PACKAGE = "carillon.templates";

    /** The classes of the templates: another folder after each build of them. Null: the application has no templates. */
    @Nullable
    Path compiledTemplates();

    /** A folder for templates that the application compiles itself, which is removed when the class loader is not used any more. */
    Path temporary() throws IOException;

    /** Entries of the class path with which templates are compiled. */
    List<String> classPath();
}
