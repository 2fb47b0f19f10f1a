package dev.carillon.jte;

import dev.carillon.page.Action;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.page.Upload;
import dev.carillon.page.Views;
import gg.jte.Content;
import gg.jte.html.OwaspHtmlTemplateOutput;
import gg.jte.output.StringOutput;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * What the parts of a page are in a template: {@code @import static dev.carillon.jte.Parts.*}, then {@code ${button(add, "Add")}}. They are HTML, and not
 * escaped again.
 */
public final class Parts {
    private static final Pattern TYPE = Pattern.compile("[a-z-]{1,32}");

    private Parts() {}

    /**
     * A part of a view that is sent alone when nothing else has changed: {@code ${block(page, "note-7", @`@template.note(note = note)`)}}.
     *
     * @param name once in the view
     * @see Page#block
     */
    public static Content block(Page page, String name, Content content) {
        return raw(() -> page.block(name, () -> html(content)));
    }

    /** A button that runs an action. */
    public static Content button(Action action, String text) {
        return raw(() -> action.button(text));
    }

    /** As {@link #button}, and sends the files that the user has chosen. */
    public static Content uploadButton(Action action, String text) {
        return raw(() -> action.uploadButton(text));
    }

    /**
     * A field for a signal that the browser may write.
     *
     * @param type as {@code number}
     */
    public static Content field(Signal<?> input, String type) {
        if (!TYPE.matcher(type).matches()) {
            throw new IllegalArgumentException("type \"" + type + "\": is not a type of an input");
        }
        return raw(() -> "<input type=\"" + type + "\" " + Page.field(input) + ">");
    }

    /** A field for files. */
    public static Content field(Upload files) {
        return raw(() -> "<input " + files.field() + ">");
    }

    /** A view or component, in the layout. */
    public static Content view(Views views, String name) {
        return raw(() -> views.view(name));
    }

    private static String html(Content content) {
        StringOutput out = new StringOutput();
        content.writeTo(new OwaspHtmlTemplateOutput(out));
        return out.toString();
    }

    private static Content raw(Supplier<String> html) {
        return output -> output.writeContent(html.get());
    }
}
