package dev.carillon.jte;

import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The templates of an application under development, as they were built last. Thread-safe. */
final class DevelopedTemplates {
    private final TemplateFolder builds;
    private final ClassLoader classes;
    // Guarded by this.
    private @Nullable Path folder;
    private @Nullable TemplateEngine engine;

    /** @param classes of the application */
    DevelopedTemplates(TemplateFolder builds, ClassLoader classes) {
        this.builds = builds;
        this.classes = classes;
    }

    synchronized TemplateEngine engine() {
        Path now = builds.compiledTemplates();
        TemplateEngine known = engine;
        if (known == null || now != null && !now.equals(folder)) {
            known = TemplateEngine.createPrecompiled(now, ContentType.Html, classes, TemplateFolder.PACKAGE);
            folder = now;
            engine = known;
        }
        return known;
    }
}
