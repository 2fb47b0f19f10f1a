package dev.carillon.page.revival;

import dev.carillon.page.context.PageDefinition;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds the pages of an application. */
@FunctionalInterface
public interface PageLookup {
    /** A page, and the parameters of a path of it. */
    record Target(PageDefinition page, Map<String, String> parameters) {}

    /** Null: the application has no page of this pattern with such a path. */
    @Nullable
    Target find(String pattern, String path);
}
