package dev.carillon.app;

import dev.carillon.page.Middleware;
import dev.carillon.page.Page;
import dev.carillon.page.classes.PageClasses;
import dev.carillon.page.context.PageDefinition;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Pages whose paths begin alike, and what runs around their requests. Not thread-safe; complete before the application starts. */
public final class PageGroup {
    private final String prefix;
    private final PageClasses classes;
    private final List<Middleware> middleware = new ArrayList<>();
    private final Map<String, Consumer<Page>> pages = new LinkedHashMap<>();
    private final List<PageGroup> groups = new ArrayList<>();

    /** @param classes of the application */
    PageGroup(String prefix, PageClasses classes) {
        this.prefix = prefix;
        this.classes = classes;
    }

    /** Adds middleware for all pages of the group, also for those added before; the first one added is the outermost. */
    public PageGroup use(Middleware next) {
        middleware.add(next);
        return this;
    }

    /**
     * Adds a page.
     *
     * @param path below the prefix of the group; a segment {@code {name}} is a path parameter
     * @param build declares signals, actions and views; called for every context, on a virtual thread
     */
    public PageGroup page(String path, Consumer<Page> build) {
        requirePath(path);
        if (pages.putIfAbsent(path, build) != null) {
            throw new IllegalArgumentException("path " + prefix + path + ": there is a page already");
        }
        return this;
    }

    /**
     * Adds a page that is a class, see {@link dev.carillon.page.annotation.LivePage}.
     *
     * @throws IllegalArgumentException with the member of the class that breaks a rule
     */
    public PageGroup page(Class<?> type) {
        PageClasses.Declared declared = classes.add(type);
        return page(declared.path(), declared);
    }

    /** Adds a group inside this one, whose middleware runs before that of the new one. */
    public PageGroup group(String path, Consumer<PageGroup> content) {
        requirePath(path);
        if (path.endsWith("/")) {
            throw new IllegalArgumentException("path " + path + ": must not end with /");
        }
        PageGroup group = new PageGroup(prefix + path, classes);
        groups.add(group);
        content.accept(group);
        return this;
    }

    static void requirePath(String path) {
        if (!path.startsWith("/") || path.startsWith("//")) {
            throw new IllegalArgumentException("path " + path + ": must begin with one /");
        }
    }

    /** The page of a group at its prefix has no slash at the end. */
    private String pattern(String path) {
        return path.equals("/") && !prefix.isEmpty() ? prefix : prefix + path;
    }

    /** The pages of this group and of those inside it, by their paths. */
    Map<String, PageDefinition> definitions(List<Middleware> outer) {
        List<Middleware> chain = new ArrayList<>(outer);
        chain.addAll(middleware);
        Map<String, PageDefinition> all = new LinkedHashMap<>();
        pages.forEach((path, build) -> all.put(pattern(path), new PageDefinition(pattern(path), build, chain)));
        groups.forEach(group -> group.definitions(chain).forEach((path, page) -> {
            if (all.putIfAbsent(path, page) != null) {
                throw new IllegalArgumentException("path " + path + ": there is a page already");
            }
        }));
        return all;
    }
}
