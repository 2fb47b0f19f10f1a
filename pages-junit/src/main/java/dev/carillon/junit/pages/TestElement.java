package dev.carillon.junit.pages;

import java.time.Duration;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jspecify.annotations.Nullable;

/**
 * An element of a tab, looked for again at each call. Assertions wait until they hold, for 15 s or as {@link #within} says; a failure names what the element was
 * instead, and the last patches. Not thread-safe.
 */
public final class TestElement {
    static final Duration WITHIN = Duration.ofSeconds(15);

    private final TestTab tab;
    private final String name;
    private final Function<Document, @Nullable Element> find;
    private final Duration within;

    TestElement(TestTab tab, String name, Function<Document, @Nullable Element> find) {
        this(tab, name, find, WITHIN);
    }

    private TestElement(TestTab tab, String name, Function<Document, @Nullable Element> find, Duration within) {
        this.tab = tab;
        this.name = name;
        this.find = find;
        this.within = within;
    }

    /** With another limit for its assertions. */
    public TestElement within(Duration limit) {
        return new TestElement(tab, name, find, limit);
    }

    /** Its text now, with single blanks. */
    public String text() {
        return tab.read(document -> text(required(document)));
    }

    /** The HTML in it, now. */
    public String html() {
        return tab.read(document -> required(document).html());
    }

    /** The value of an input now; of a box that is not checked: empty. */
    public String value() {
        return tab.read(document -> TabForm.value(required(document)));
    }

    /** An attribute now; empty: it has none. */
    public String attribute(String attribute) {
        return tab.read(document -> required(document).attr(attribute));
    }

    /** Whether there is such an element now. */
    public boolean isPresent() {
        return tab.read(document -> find.apply(document) != null);
    }

    private Element required(Document document) {
        Element found = find.apply(document);
        if (found == null) {
            throw new AssertionError(name + ": there is no such element");
        }
        return found;
    }

    /** Also in a pre. */
    private static String text(Element element) {
        return element.text().replaceAll("\\s+", " ").strip();
    }

    public TestElement hasText(String expected) {
        return await("text \"" + expected + "\"", found -> text(found).equals(expected));
    }

    public TestElement containsText(String expected) {
        return await("a text with \"" + expected + "\"", found -> text(found).contains(expected));
    }

    public TestElement hasValue(String expected) {
        return await("value \"" + expected + "\"", found -> TabForm.value(found).equals(expected));
    }

    public TestElement hasAttribute(String attribute, String expected) {
        return await(
                attribute + "=\"" + expected + "\"",
                found -> found.hasAttr(attribute) && found.attr(attribute).equals(expected));
    }

    public TestElement exists() {
        return await("an element", found -> true);
    }

    public void isAbsent() {
        tab.await(
                within,
                document -> find.apply(document) == null,
                document -> name + ": expected none within " + within.toMillis() + " ms, but there was "
                        + required(document).outerHtml());
    }

    private TestElement await(String expected, Predicate<Element> condition) {
        tab.await(
                within,
                document -> {
                    Element found = find.apply(document);
                    return found != null && condition.test(found);
                },
                document -> {
                    Element found = find.apply(document);
                    return name + ": expected " + expected + " within " + within.toMillis() + " ms, but there was "
                            + (found == null ? "no such element" : found.outerHtml());
                });
        return this;
    }
}
