package dev.carillon.patch;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** A change of an open page. */
public sealed interface Patch {
    /**
     * Replaces the content of an element and keeps what is equal, such as the focus.
     *
     * @param target id of the element
     */
    record Content(String target, String html) implements Patch {}

    /**
     * As {@link Content}, unless the element has this content: what a user has typed in it stays then.
     *
     * @param target id of the element
     */
    record Resent(String target, String html) implements Patch {}

    /**
     * Adds content at the end of an element.
     *
     * @param target id of the element
     */
    record Append(String target, String html) implements Patch {}

    /**
     * Adds content at the begin of an element.
     *
     * @param target id of the element
     */
    record Prepend(String target, String html) implements Patch {}

    /**
     * Removes an element.
     *
     * @param target id of the element
     */
    record Remove(String target) implements Patch {}

    /**
     * Sets the fields of inputs to these texts, by name, also if the user has changed them.
     *
     * @param literals names of those whose text is a number or a boolean of JSON, for scripts that know such values
     */
    record Signals(Map<String, String> texts, Set<String> literals) implements Patch {
        public Signals {
            texts = Collections.unmodifiableMap(new TreeMap<>(texts));
            literals = Set.copyOf(literals);
        }
    }

    /**
     * Runs a script of the application.
     *
     * @param arguments a JSON array
     */
    record Script(String name, String arguments) implements Patch {}

    /** Loads the page again. */
    record Reload() implements Patch {}

    /**
     * News for the dev bar, in development mode.
     *
     * @param json an object
     */
    record News(String json) implements Patch {}
}
