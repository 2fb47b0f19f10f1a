package dev.carillon.app;

import dev.carillon.page.Middleware;
import dev.carillon.page.Page;
import dev.carillon.page.PageRenderer;
import dev.carillon.page.classes.PageClasses;
import dev.carillon.page.context.PageDefinition;
import dev.carillon.page.markup.PageProtocol;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Pages whose paths begin alike, and what runs around their requests. Not thread-safe; complete before the application starts. */
public final class PageGroup {
    private final String prefix;
    private final PageClasses classes;
    private final List<Middleware> middleware = new ArrayList<>();
    private final Map<String, Declared> pages = new LinkedHashMap<>();
    private final List<PageGroup> groups = new ArrayList<>();
    /** Null: that of the group around this one. */
    private @Nullable PageRenderer renderer;

    /** @param renderer null: that of the group */
    private record Declared(Consumer<Page> build, @Nullable PageRenderer renderer) {}

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
        return add(path, new Declared(build, null));
    }

    /** As {@link #page(String, Consumer)}, with a renderer of its own. */
    public PageGroup page(String path, PageRenderer own, Consumer<Page> build) {
        return add(path, new Declared(build, own));
    }

    private PageGroup add(String path, Declared page) {
        requirePath(path);
        if (pages.putIfAbsent(path, page) != null) {
            throw new IllegalArgumentException("path " + prefix + path + ": there is a page already");
        }
        return this;
    }

    /** Sets the renderer of all pages of the group that have none of their own, also of those added before. Default: that of the group or application around this group. */
    public PageGroup renderer(PageRenderer chosen) {
        renderer = chosen;
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

    /** As {@link #page(Class)}, with a renderer of its own. */
    public PageGroup page(Class<?> type, PageRenderer own) {
        PageClasses.Declared declared = classes.add(type);
        return page(declared.path(), own, declared);
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

    /**
     * The pages of this group and of those inside it, by their paths.
     *
     * @param outer middleware of the groups around this one
     * @param around renderer of the group around this one
     * @param protocol of a renderer
     */
    Map<String, PageDefinition> definitions(
            List<Middleware> outer, PageRenderer around, Function<PageRenderer, PageProtocol> protocol) {
        List<Middleware> chain = new ArrayList<>(outer);
        chain.addAll(middleware);
        Map<String, PageDefinition> all = new LinkedHashMap<>();
        PageRenderer common = renderer == null ? around : renderer;
        pages.forEach((path, page) -> {
            PageRenderer own = page.renderer();
            all.put(
                    pattern(path),
                    new PageDefinition(pattern(path), page.build(), chain, protocol.apply(own == null ? common : own)));
        });
        groups.forEach(group -> group.definitions(chain, common, protocol).forEach((path, page) -> {
            if (all.putIfAbsent(path, page) != null) {
                throw new IllegalArgumentException("path " + path + ": there is a page already");
            }
        }));
        return all;
    }
}
