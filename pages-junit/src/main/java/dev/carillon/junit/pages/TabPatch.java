package dev.carillon.junit.pages;

/**
 * A change that a node has sent to a tab.
 *
 * @param action {@code update}, {@code append}, {@code prepend} or {@code remove} of an element; {@code carillon-signals}, {@code carillon-script}; {@code refresh}: the page is
 *     loaded again; {@code visit}: another page is loaded
 * @param target id of the element, name of the script, or URL of the other page; empty: none
 * @param content HTML of an element; JSON of signals and of the arguments of a script; empty: none
 */
public record TabPatch(String action, String target, String content) {
    static final String VISIT = "visit";
}
