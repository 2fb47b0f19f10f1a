package dev.carillon.junit.pages;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.page.Action;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;

/** The document of a tab, to which patches are applied as the script does it. Not thread-safe. */
final class TabDocument {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Document document;

    TabDocument(String html) {
        document = Jsoup.parse(html);
        document.outputSettings().prettyPrint(false);
    }

    Document document() {
        return document;
    }

    /** Whether this is a live page, which has a form for its actions. */
    boolean isLive() {
        return document.getElementById(Action.FORM) != null && document.selectFirst("turbo-stream-source") != null;
    }

    /** The URL of the stream. */
    String stream() {
        return required("turbo-stream-source").attr("src");
    }

    private Element required(String css) {
        Element found = document.selectFirst(css);
        if (found == null) {
            throw new AssertionError("the document is no live page: it has no " + css);
        }
        return found;
    }

    /** The elements of one event of the stream, or of the answer to an action, without those for the dev bar; empty: it has none. */
    static List<TabPatch> patches(String data) {
        Document parsed = Jsoup.parse(data);
        parsed.outputSettings().prettyPrint(false);
        return parsed.body().select("> turbo-stream:not([action=carillon-dev])").stream()
                .map(TabDocument::patch)
                .toList();
    }

    private static TabPatch patch(Element stream) {
        String action = stream.attr("action");
        Element template = stream.selectFirst("> template");
        String content = "";
        if (template != null) {
            content = action.startsWith("carillon-") ? template.wholeText() : template.html();
        }
        return new TabPatch(action, stream.hasAttr("name") ? stream.attr("name") : stream.attr("target"), content);
    }

    void apply(TabPatch patch) {
        switch (patch.action()) {
            case "update" -> update(patch);
            case "append" -> {
                Element target = document.getElementById(patch.target());
                if (target != null) {
                    target.append(patch.content());
                }
            }
            case "remove" -> {
                Element target = document.getElementById(patch.target());
                if (target != null) {
                    target.remove();
                }
            }
            case "carillon-signals" -> signals(patch);
            default -> {
                // Scripts run in browsers only; the tab loads a page again by itself.
            }
        }
    }

    /** Elements with an id and data-turbo-permanent stay as they are, as Turbo has it. */
    private void update(TabPatch patch) {
        Element target = document.getElementById(patch.target());
        if (target == null) {
            return;
        }
        Map<String, Element> permanent = new HashMap<>();
        target.select("[id][data-turbo-permanent]").forEach(element -> permanent.put(element.id(), element));
        target.html(patch.content());
        permanent.forEach((id, element) -> {
            Element next = target.getElementById(id);
            if (next != null) {
                next.replaceWith(element);
            }
        });
    }

    private void signals(TabPatch patch) {
        JsonNode texts;
        try {
            texts = JSON.readTree(patch.content());
        } catch (JsonProcessingException e) {
            throw new AssertionError("signals that are no JSON: " + patch.content(), e);
        }
        for (Element field : document.select("[name][form=" + Action.FORM + "]")) {
            JsonNode text = texts.get(field.attr("name"));
            if (text != null && text.isTextual()) {
                TabForm.fill(field, text.textValue());
            }
        }
    }
}
