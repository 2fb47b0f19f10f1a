package dev.carillon.page.markup;

import dev.carillon.page.Action;
import dev.carillon.page.Html;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Forms that Turbo sends, and that work without it. */
public final class TurboMarkup implements PageMarkup {
    /** An element for the head of a page that Turbo does not show in place of another one, but lets the browser load. */
    public static final String LOADED_ALONE = "<meta name=\"turbo-visit-control\" content=\"reload\">";

    @Override
    public String head(String script) {
        return "<meta name=\"turbo-prefetch\" content=\"false\"><script type=\"module\" src=\"" + script
                + "\"></script>";
    }

    @Override
    public List<String> scriptSources() {
        return List.of();
    }

    @Override
    public String body(Loaded page) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put(FormFields.CONTEXT, page.context());
        fields.put(FormFields.PAGE, Html.escape(page.path()));
        fields.put(FormFields.ID, page.actionId());
        return "<form id=\"" + Action.FORM + "\" method=\"post\" action=\"" + page.actions() + "\">"
                + PageMarkup.hidden(fields) + "</form><div id=\"" + MESSAGE + "\" role=\"alert\"></div>"
                + "<turbo-stream-source src=\"" + page.stream() + "\"></turbo-stream-source>";
    }

    @Override
    public String action(String url) {
        return "form=\"" + Action.FORM + "\" formaction=\"" + url + "\"";
    }

    @Override
    public String upload(String url) {
        return action(url) + " formenctype=\"multipart/form-data\"";
    }

    @Override
    public String typed(String url) {
        return "data-carillon-input=\"" + url + "\"";
    }

    @Override
    public @Nullable String binding(String input) {
        return null;
    }
}
