package dev.carillon.page.context;

import dev.carillon.page.Views;
import dev.carillon.page.view.View;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** How the views of a page, or of a component of it, make up its HTML. Written while the page is built. */
final class PageLayout {
    /** Of the names of the component's parts; empty for the page. */
    private final String prefix;

    private Function<Views, String> html = Views::all;
    /** By the name in this layout, in the order of declaration. */
    private final Map<String, Part> parts = new LinkedHashMap<>();

    private sealed interface Part {
        record OfView() implements Part {}

        record OfComponent(PageLayout layout) implements Part {}
    }

    PageLayout(String prefix) {
        this.prefix = prefix;
    }

    String prefix() {
        return prefix;
    }

    void html(Function<Views, String> function) {
        html = function;
    }

    void view(String name) {
        requireNew(name, parts.putIfAbsent(name, new Part.OfView()) == null);
    }

    PageLayout component(String name) {
        PageLayout layout = new PageLayout(prefix + name + ".");
        requireNew(name, parts.putIfAbsent(name, new Part.OfComponent(layout)) == null);
        return layout;
    }

    private void requireNew(String name, boolean added) {
        if (!added) {
            throw new IllegalArgumentException("view or component \"" + prefix + name + "\" is declared twice");
        }
    }

    /** @param contents of all views of the page, by their full names */
    String render(Map<String, View.Content> contents) {
        return html.apply(new Rendered(contents));
    }

    private final class Rendered implements Views {
        private final Map<String, View.Content> contents;
        private final Set<String> used = new HashSet<>();

        Rendered(Map<String, View.Content> contents) {
            this.contents = contents;
        }

        @Override
        public String view(String name) {
            Part part = parts.get(name);
            if (part == null) {
                throw new IllegalArgumentException("the page has no view \"" + name + "\", but " + parts.keySet());
            }
            if (!used.add(name)) {
                throw new IllegalArgumentException("view \"" + name + "\" is twice in the layout");
            }
            return switch (part) {
                case Part.OfComponent(PageLayout layout) -> layout.render(contents);
                case Part.OfView() -> element(prefix + name);
            };
        }

        private String element(String name) {
            View.Content content = contents.get(name);
            if (content == null) {
                throw new IllegalStateException("view \"" + name + "\" has ended");
            }
            return "<div id=\"" + name + "\">" + content.html() + "</div>";
        }

        @Override
        public String all() {
            StringBuilder all = new StringBuilder();
            parts.keySet().forEach(name -> all.append(view(name)));
            return all.toString();
        }
    }
}
