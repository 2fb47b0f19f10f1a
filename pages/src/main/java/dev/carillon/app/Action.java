package dev.carillon.app;

/** An action of a page, for HTML. Immutable. */
public final class Action {
    /** Id of the form that has the id of the context. */
    static final String FORM = "carillon";

    private final String url;

    Action(String url) {
        this.url = url;
    }

    /** The attributes of a submit button that runs the action, anywhere on the page and in views of any scope. */
    public String attributes() {
        return "form=\"" + FORM + "\" formaction=\"" + url + "\"";
    }

    /** A button that runs the action. */
    public String button(String text) {
        return "<button " + attributes() + ">" + Html.escape(text) + "</button>";
    }
}
