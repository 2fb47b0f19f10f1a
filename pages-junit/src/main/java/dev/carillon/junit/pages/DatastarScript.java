package dev.carillon.junit.pages;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jsoup.nodes.Attribute;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jspecify.annotations.Nullable;

/**
 * Datastar: signals have the values of the fields that are bound to them, and an action sends all signals. Of expressions only {@code @post} of an action is known;
 * others, such as {@code data-text}, need a browser.
 */
final class DatastarScript implements TabScript {
    private static final String MEDIA_TYPE = "text/event-stream";
    private static final Pattern STREAM = Pattern.compile("@get\\('([^']*/_pages/stream[^']*)'");
    private static final Pattern ACTION = Pattern.compile("@post\\('([^']+)'(.*)\\)");

    private final Document document;
    private final DatastarSignals signals;

    DatastarScript(Document document) {
        this.document = document;
        Element declared = document.selectFirst("[data-signals]");
        this.signals = new DatastarSignals(
                document,
                declared == null ? "{}" : declared.attr("data-signals").trim());
        signals.bind();
    }

    static boolean isIn(Document document) {
        return !stream(document).isEmpty();
    }

    private static String stream(Document document) {
        return document.select("[data-init]").stream()
                .map(element -> STREAM.matcher(element.attr("data-init")))
                .filter(Matcher::find)
                .map(found -> found.group(1))
                .findFirst()
                .orElse("");
    }

    @Override
    public String mediaType() {
        return MEDIA_TYPE;
    }

    @Override
    public String accept() {
        return MEDIA_TYPE + ", text/html, application/json";
    }

    @Override
    public String stream() {
        return stream(document);
    }

    @Override
    public List<Element> buttons() {
        return document.getAllElements().stream()
                .filter(element -> !url(element).isEmpty())
                .toList();
    }

    @Override
    public String url(Element button) {
        return action(button, "data-on:click", 1);
    }

    @Override
    public String typedUrl(Element input) {
        return action(input, "data-on:input", 1);
    }

    /** A part of the expression of an event: the URL, or what is after it; empty: it runs no action. */
    private static String action(Element element, String event, int group) {
        for (Attribute attribute : element.attributes()) {
            String name = attribute.getKey();
            if (name.equals(event) || name.startsWith(event + "__")) {
                Matcher action = ACTION.matcher(attribute.getValue());
                if (action.find()) {
                    return action.group(group);
                }
            }
        }
        return "";
    }

    @Override
    public Sent sent(String url, @Nullable Element button, Map<String, List<TabForm.File>> files) {
        String options = button == null ? "" : action(button, "data-on:click", 2);
        if (options.contains("contentType:'form'")) {
            return TurboScript.multipart(url, TurboScript.entries(document), files);
        }
        String query = "?_id=" + UUID.randomUUID();
        if (button != null && button.hasAttr("name") && options.contains("el.name")) {
            query += "&" + encoded(button.attr("name")) + "=" + encoded(button.attr("value"));
        }
        signals.read();
        return new Sent(url + query, "application/json", HttpRequest.BodyPublishers.ofString(signals.sent()));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @Override
    public List<TabPatch> event(String type, String data) {
        return DatastarEvents.patches(type, data);
    }

    @Override
    public List<TabPatch> answer(String body) {
        return DatastarEvents.patches(body);
    }

    @Override
    public String permanent() {
        return "[id][data-ignore-morph]";
    }

    @Override
    public void before() {
        signals.read();
    }

    @Override
    public void after() {
        signals.bind();
    }

    @Override
    public void signals(TabPatch patch) {
        JsonNode next = TabDocument.json(patch.content());
        if (next instanceof ObjectNode changes) {
            signals.merge(changes);
        }
    }
}
