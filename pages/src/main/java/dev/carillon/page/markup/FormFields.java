package dev.carillon.page.markup;

/** Names of the form fields of every page. */
public final class FormFields {
    public static final String CONTEXT = "_context";
    /** The path of the page, by which another node finds its middleware. */
    public static final String PAGE = "_page";
    /** A fresh id for the next action of the page, which does not run twice. */
    public static final String ID = "_id";
    /** Names of the fields that a button has sent, separated by blanks: the script does not keep their values. */
    public static final String PRESSED = "_pressed";
    /** Fields whose names begin with this are known to the browser alone; they are no state of the page. */
    public static final String CLIENT_ONLY = "_";

    private FormFields() {}
}
