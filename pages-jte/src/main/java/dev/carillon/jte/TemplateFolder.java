package dev.carillon.jte;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A class loader of an application under development: {@link Templates#precompiled} then compiles the templates of a folder, and again when they have
 * changed. The command {@code dev} has such a class loader, and no production does.
 */
public interface TemplateFolder {
    /** Null: the application has no templates. */
    @Nullable
    Path templates();

    /** A folder for compiled templates, which is removed when the class loader is not used any more. */
    Path compiled() throws IOException;

    /** Entries of the class path with which templates are compiled. */
    List<String> classPath();
}
