package dev.carillon.page;

/** An action of a page, for HTML. Immutable. */
public interface Action {
    /** Id of the form on every page that actions and inputs belong to. */
    String FORM = "carillon";

    /** Where the form is sent: {@code <button form="carillon" formaction="…">}. */
    String url();

    /** The attributes of a submit button that runs the action, anywhere on the page and in views of any scope. */
    String attributes();

    /** A button that runs the action. */
    default String button(String text) {
        return "<button " + attributes() + ">" + Html.escape(text) + "</button>";
    }

    /** As {@link #button}, and sends the files that the user has chosen. */
    default String uploadButton(String text) {
        return "<button " + attributes() + " formenctype=\"multipart/form-data\">" + Html.escape(text) + "</button>";
    }
}
