package dev.carillon.junit.pages;

import dev.carillon.page.Action;
import java.net.http.HttpRequest;
import java.util.List;
import java.util.Map;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jspecify.annotations.Nullable;

/**
 * What the script of one document does in a browser: which elements run actions, what it sends, and how it reads what nodes send. Guarded by the lock of the tab.
 */
interface TabScript {
    /** A request for an action. */
    record Sent(String url, String contentType, HttpRequest.BodyPublisher body) {}

    /** The script of a live page; null: the document is none. */
    static @Nullable TabScript of(Document document) {
        if (document.getElementById(Action.FORM) == null) {
            return null;
        }
        if (document.selectFirst(TurboScript.STREAM) != null) {
            return new TurboScript(document);
        }
        return DatastarScript.isIn(document) ? new DatastarScript(document) : null;
    }

    /** Media type of patches in the answer to an action. */
    String mediaType();

    /** Header {@code Accept} of actions. */
    String accept();

    /** URL of the stream. */
    String stream();

    /** The elements that run an action when they are pressed. */
    List<Element> buttons();

    /** URL of the action of a button. */
    String url(Element button);

    /** URL of the action that runs while the user types into an input; empty: none. */
    String typedUrl(Element input);

    /**
     * A request for an action.
     *
     * @param button that was pressed; null: none
     * @param files that the user has chosen, by the name of their field
     */
    Sent sent(String url, @Nullable Element button, Map<String, List<TabForm.File>> files);

    /** The patches of an event of the stream; empty: it has none. */
    List<TabPatch> event(String type, String data);

    /** The patches of the answer to an action. */
    List<TabPatch> answer(String body);

    /** Selects elements with an id that stay as they are when the content around them is replaced. */
    String permanent();

    /** The document is about to change. */
    void before();

    /** The document has changed. */
    void after();

    /** Sets signals. */
    void signals(TabPatch patch);
}
