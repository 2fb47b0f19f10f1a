package dev.carillon.patch;

/** A change of an open page. */
public sealed interface Patch {
    /**
     * Replaces the content of an element and keeps what is equal, such as the focus.
     *
     * @param target id of the element
     */
    record Content(String target, String html) implements Patch {}

    /** Loads the page again. */
    record Reload() implements Patch {}
}
