package dev.carillon.patch;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Patches for Datastar 1: events that change elements and signals. What Datastar has no event for is an element that it adds to the body: its {@code data-init} hands
 * it to the script of pages, because the policy of pages allows no inline script.
 */
public final class Datastar implements PatchRenderer {
    public static final String MEDIA_TYPE = "text/event-stream";

    /** More than the keys and elements around one patch, without its name. */
    private static final int WRAPPER_BYTES = 384;
    /** The key of a line, and its blank. */
    private static final int LINE_BYTES = 9;

    @Override
    public List<PatchEvent> events(List<Patch> patches) {
        List<PatchEvent> events = new ArrayList<>();
        StringBuilder contents = new StringBuilder();
        for (Patch patch : patches) {
            switch (patch) {
                // What has not changed is left as it is, with what the user has typed.
                case Patch.Content(String target, String html) -> content(contents, target, html);
                case Patch.Resent(String target, String html) -> content(contents, target, html);
                default -> {
                    endContents(contents, events);
                    events.add(single(patch));
                }
            }
        }
        endContents(contents, events);
        return events;
    }

    private static PatchEvent single(Patch patch) {
        return switch (patch) {
            case Patch.Append(String target, String html) -> ElementsPatch.append(byId(target), html);
            case Patch.Prepend(String target, String html) -> ElementsPatch.prepend(byId(target), html);
            case Patch.Remove(String target) -> ElementsPatch.remove(byId(target));
            case Patch.Signals signals -> new SignalsPatch(SignalsJson.write(signals), false).event();
            case Patch.Script(String name, String arguments) ->
                task("script", Map.of("name", name, "arguments", arguments));
            case Patch.Reload() -> task("reload", Map.of());
            case Patch.News(String json) -> task("dev", Map.of("news", json));
            case Patch.Content _, Patch.Resent _ -> throw new IllegalArgumentException("no patch of its own");
        };
    }

    private static void content(StringBuilder contents, String target, String html) {
        contents.append(contents.isEmpty() ? "" : "\n")
                .append("<div id=\"")
                .append(target)
                .append("\">")
                .append(html)
                .append("</div>");
    }

    private static void endContents(StringBuilder contents, List<PatchEvent> events) {
        if (!contents.isEmpty()) {
            events.add(ElementsPatch.morph(contents.toString()));
            contents.setLength(0);
        }
    }

    /** As a selector, ids with dots would need escapes. */
    private static String byId(String target) {
        return "[id=\"" + target + "\"]";
    }

    private static PatchEvent task(String kind, Map<String, String> attributes) {
        String all = attributes.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(attribute -> " " + attribute.getKey() + "=\"" + escape(attribute.getValue()) + "\"")
                .collect(Collectors.joining());
        return ElementsPatch.append(
                "body",
                "<div hidden carillon-task=\"" + kind + "\"" + all
                        + " data-init=\"el.dispatchEvent(new CustomEvent('carillon-task',{bubbles:true}))\"></div>");
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("\"", "&quot;").replace("<", "&lt;");
    }

    @Override
    public int overhead(Patch patch) {
        return switch (patch) {
            case Patch.Content(String _, String html) -> WRAPPER_BYTES + lines(html) * LINE_BYTES;
            case Patch.Resent(String _, String html) -> WRAPPER_BYTES + lines(html) * LINE_BYTES;
            case Patch.Append(String _, String html) -> WRAPPER_BYTES + lines(html) * LINE_BYTES;
            case Patch.Prepend(String _, String html) -> WRAPPER_BYTES + lines(html) * LINE_BYTES;
            // In an attribute.
            case Patch.Script(String _, String arguments) -> WRAPPER_BYTES + quotes(arguments);
            case Patch.News(String json) -> WRAPPER_BYTES + quotes(json);
            // Objects of components.
            case Patch.Signals signals -> WRAPPER_BYTES + 2 * signals.texts().size();
            case Patch.Remove _, Patch.Reload _ -> WRAPPER_BYTES;
        };
    }

    private static int quotes(String json) {
        return 5 * (int) json.chars().filter(c -> c == '"').count();
    }

    private static int lines(String html) {
        return (int) html.chars().filter(c -> c == '\n' || c == '\r').count();
    }

    @Override
    public String answer(List<Patch> patches) {
        return text(events(patches));
    }

    private static String text(List<PatchEvent> events) {
        return events.stream().map(event -> EventText.write(event, null, null)).collect(Collectors.joining());
    }

    @Override
    public String mediaType() {
        return MEDIA_TYPE;
    }

    /** A redirect of HTTP would be followed by the request, and not by the page. */
    @Override
    public String redirect(String url) {
        return text(List.of(task("visit", Map.of("url", url))));
    }

    @Override
    public boolean keepsSignals() {
        return true;
    }
}
