package dev.carillon.page;

/** An action of a page, for HTML. Immutable. */
public interface Action {
    /** Id of the form on every page that actions and inputs belong to. */
    String FORM = "carillon";

    /** Where the form is sent: {@code <button form="carillon" formaction="…">}, or with Datastar {@code data-on:click="@post('…')"}. */
    String url();

    /**
     * The attributes of a button that runs the action, anywhere on the page and in views of any scope. The {@code name} and {@code value} of the button are sent,
     * too.
     */
    String attributes();

    /** A button that runs the action. */
    default String button(String text) {
        return "<button " + attributes() + ">" + Html.escape(text) + "</button>";
    }

    /** As {@link #button}, and sends the files that the user has chosen. */
    default String uploadButton(String text) {
        return "<button " + attributes() + " formenctype=\"multipart/form-data\">" + Html.escape(text) + "</button>";
    }

    /**
     * An attribute of an input that runs the action a moment after the user has typed, and sends all fields of the page. It needs the script of the page: give
     * the page a button for it, too. The input should be in a view that does not change meanwhile, or have {@code data-turbo-permanent}.
     */
    default String onInput() {
        return "data-carillon-input=\"" + url() + "\"";
    }
}
