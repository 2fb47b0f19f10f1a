package dev.carillon.page.context;

import dev.carillon.page.Views;
import dev.carillon.page.view.View;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

final class RenderedViews implements Views {
    private final Map<String, View.Content> contents;
    private final Set<String> used = new HashSet<>();

    RenderedViews(Map<String, View.Content> contents) {
        this.contents = contents;
    }

    @Override
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

    @Override
    public String all() {
        return String.join(
                "", List.copyOf(contents.keySet()).stream().map(this::view).toList());
    }
}
