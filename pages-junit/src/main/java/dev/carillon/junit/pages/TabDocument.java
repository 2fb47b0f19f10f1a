package dev.carillon.junit.pages;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Map;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jspecify.annotations.Nullable;

/** The document of a tab, to which patches are applied as its script does it. Not thread-safe. */
final class TabDocument {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Document document;
    /** Null: this is no live page. */
    private final @Nullable TabScript script;

    TabDocument(String html) {
        document = Jsoup.parse(html);
        document.outputSettings().prettyPrint(false);
        script = TabScript.of(document);
    }

    Document document() {
        return document;
    }

    boolean isLive() {
        return script != null;
    }

    TabScript script() {
        if (script == null) {
            throw new AssertionError("the document is no live page: it has no form for its actions, or no stream");
        }
        return script;
    }

    static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError("signals that are no JSON: " + text, e);
        }
    }

    static ObjectNode object() {
        return JSON.createObjectNode();
    }

    void apply(TabPatch patch) {
        script().before();
        switch (patch.action()) {
            case "update" -> update(patch);
            case "append" -> {
                Element target = document.getElementById(patch.target());
                if (target != null) {
                    target.append(patch.content());
                }
            }
            case "prepend" -> {
                Element target = document.getElementById(patch.target());
                if (target != null) {
                    target.prepend(patch.content());
                }
            }
            case "remove" -> {
                Element target = document.getElementById(patch.target());
                if (target != null) {
                    target.remove();
                }
            }
            case "carillon-signals" -> script().signals(patch);
            default -> {
                // Scripts run in browsers only; the tab loads a page again, or another one, by itself.
            }
        }
        script().after();
    }

    private void update(TabPatch patch) {
        Element target = document.getElementById(patch.target());
        if (target == null) {
            return;
        }
        Map<String, Element> permanent = new HashMap<>();
        target.select(script().permanent()).forEach(element -> permanent.put(element.id(), element));
        target.html(patch.content());
        permanent.forEach((id, element) -> {
            Element next = target.getElementById(id);
            if (next != null) {
                next.replaceWith(element);
            }
        });
    }
}
