package dev.carillon.junit.pages;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carillon.page.Action;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jspecify.annotations.Nullable;

/** Turbo: fields keep their values themselves, and an action sends a form. */
final class TurboScript implements TabScript {
    static final String STREAM = "turbo-stream-source";

    private static final String MEDIA_TYPE = "text/vnd.turbo-stream.html";
    private static final String ON_INPUT = "data-carillon-input";
    private static final String FORM_DATA = "multipart/form-data";

    private final Document document;

    TurboScript(Document document) {
        this.document = document;
    }

    @Override
    public String mediaType() {
        return MEDIA_TYPE;
    }

    @Override
    public String accept() {
        return MEDIA_TYPE + ", text/html, application/xhtml+xml";
    }

    @Override
    public String stream() {
        Element source = document.selectFirst(STREAM);
        return source == null ? "" : source.attr("src");
    }

    @Override
    public List<Element> buttons() {
        return document.select("button[form=" + Action.FORM + "][formaction]").asList();
    }

    @Override
    public String url(Element button) {
        return button.attr("formaction");
    }

    @Override
    public String typedUrl(Element input) {
        return input.attr(ON_INPUT);
    }

    @Override
    public Sent sent(String url, @Nullable Element button, Map<String, List<TabForm.File>> files) {
        List<TabForm.Field> fields = entries(document);
        if (button != null && button.hasAttr("name")) {
            fields.add(new TabForm.Field(button.attr("name"), button.attr("value")));
        }
        return button != null && button.attr("formenctype").equals(FORM_DATA)
                ? multipart(url, fields, files)
                : new Sent(
                        url,
                        "application/x-www-form-urlencoded",
                        HttpRequest.BodyPublishers.ofString(TabForm.encoded(fields)));
    }

    /** The form with an id of its own for each action. */
    static List<TabForm.Field> entries(Document document) {
        List<TabForm.Field> fields = new ArrayList<>(TabForm.entries(document).stream()
                .filter(field -> !field.name().equals("_id"))
                .toList());
        fields.add(new TabForm.Field("_id", UUID.randomUUID().toString()));
        return fields;
    }

    static Sent multipart(String url, List<TabForm.Field> fields, Map<String, List<TabForm.File>> files) {
        return new Sent(
                url,
                FORM_DATA + "; boundary=" + TabForm.BOUNDARY,
                HttpRequest.BodyPublishers.ofByteArray(TabForm.multipart(fields, files)));
    }

    /** An event with a type is none of Turbo. */
    @Override
    public List<TabPatch> event(String type, String data) {
        return type.isEmpty() || type.equals("message") ? answer(data) : List.of();
    }

    /** Without those for the dev bar. */
    @Override
    public List<TabPatch> answer(String body) {
        Document parsed = Jsoup.parse(body);
        parsed.outputSettings().prettyPrint(false);
        return parsed.body().select("> turbo-stream:not([action=carillon-dev])").stream()
                .map(TurboScript::patch)
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

    @Override
    public String permanent() {
        return "[id][data-turbo-permanent]";
    }

    @Override
    public void before() {
        // Fields have their values themselves.
    }

    @Override
    public void after() {
        // As above.
    }

    @Override
    public void signals(TabPatch patch) {
        JsonNode texts = TabDocument.json(patch.content());
        for (Element field : document.select("[name][form=" + Action.FORM + "]")) {
            JsonNode text = texts.get(field.attr("name"));
            if (text != null && text.isTextual()) {
                TabForm.fill(field, text.textValue());
            }
        }
    }
}
