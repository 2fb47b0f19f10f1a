package dev.carillon.page.markup;

import dev.carillon.patch.Patch;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The HTML that depends on the script in the browser. Thread-safe. */
public interface PageMarkup {
    /** Id of the element that shows why an action was refused. */
    String MESSAGE = "carillon-message";

    /**
     * A page that a browser loads.
     *
     * @param actions URL of the form
     * @param stream URL of the stream
     * @param context its id
     * @param path of the page
     * @param actionId of its next action
     * @param inputs their values
     */
    record Loaded(String actions, String stream, String context, String path, String actionId, Patch.Signals inputs) {}

    /**
     * Elements for the head, which load the script.
     *
     * @param script URL of the script of pages
     */
    String head(String script);

    /** What the content security policy must allow scripts, beside those of this site. */
    List<String> scriptSources();

    /** Elements at the begin of the body: the form, the place of messages, and what opens the stream. */
    String body(Loaded page);

    /** The attributes of a button that runs an action. */
    String action(String url);

    /** As {@link #action}, and sends files. */
    String upload(String url);

    /** The attribute of an input that runs an action while the user types. */
    String typed(String url);

    /** The attributes of a field whose value the script keeps; null: the field has its value itself. */
    @Nullable
    String binding(String input);

    /** Hidden fields of a form. */
    static String hidden(Map<String, String> escaped) {
        StringBuilder html = new StringBuilder();
        escaped.forEach((name, value) -> html.append("<input type=\"hidden\" name=\"")
                .append(name)
                .append("\" value=\"")
                .append(value)
                .append("\">"));
        return html.toString();
    }
}
