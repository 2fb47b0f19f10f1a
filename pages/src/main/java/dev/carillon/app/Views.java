package dev.carillon.app;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The rendered views of a page, for its layout. For one thread. */
public final class Views {
    private final Map<String, View.Content> contents;
    private final Set<String> used = new HashSet<>();

    Views(Map<String, View.Content> contents) {
        this.contents = contents;
    }

    /** The element of a view, whose id is its name. */
    public String view(String name) {
        View.Content content = contents.get(name);
        if (content == null) {
            throw new IllegalArgumentException("the page has no view \"" + name + "\", but " + contents.keySet());
        }
        if (!used.add(name)) {
            throw new IllegalArgumentException("view \"" + name + "\" is twice in the layout");
        }
        return "<div id=\"" + name + "\">" + content.html() + "</div>";
    }

    /** The elements of all views, in the order of their declaration. */
    public String all() {
        return String.join(
                "", List.copyOf(contents.keySet()).stream().map(this::view).toList());
    }
}
