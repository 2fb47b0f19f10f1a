package dev.carillon.junit.pages;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;

/** The events of Datastar as patches. */
final class DatastarEvents {
    private static final String ELEMENTS = "datastar-patch-elements";
    private static final String SIGNALS = "datastar-patch-signals";
    private static final String TASK = "carillon-task";
    private static final Pattern BY_ID = Pattern.compile("\\[id=\"(.*)\"]");

    private DatastarEvents() {}

    /** The patches of a body of server-sent events. */
    static List<TabPatch> patches(String body) {
        List<TabPatch> all = new ArrayList<>();
        for (String event : body.split("\n\n", -1)) {
            String type = "";
            List<String> data = new ArrayList<>();
            for (String line : event.split("\n", -1)) {
                if (line.startsWith("event: ")) {
                    type = line.substring("event: ".length());
                } else if (line.startsWith("data: ")) {
                    data.add(line.substring("data: ".length()));
                }
            }
            all.addAll(patches(type, String.join("\n", data)));
        }
        return all;
    }

    static List<TabPatch> patches(String type, String data) {
        Map<String, String> parts = parts(data);
        return switch (type) {
            case SIGNALS -> List.of(new TabPatch("carillon-signals", "", parts.getOrDefault("signals", "{}")));
            case ELEMENTS -> elements(parts);
            default -> List.of();
        };
    }

    /** The lines of each key. */
    private static Map<String, String> parts(String data) {
        Map<String, String> parts = new HashMap<>();
        for (String line : data.split("\n", -1)) {
            int blank = line.indexOf(' ');
            if (blank > 0) {
                parts.merge(
                        line.substring(0, blank), line.substring(blank + 1), (before, next) -> before + "\n" + next);
            }
        }
        return parts;
    }

    private static List<TabPatch> elements(Map<String, String> parts) {
        String html = parts.getOrDefault("elements", "");
        String selector = parts.getOrDefault("selector", "");
        if (selector.isEmpty()) {
            return parsed(html).children().stream()
                    .map(element -> new TabPatch("update", element.id(), element.html()))
                    .toList();
        }
        Matcher id = BY_ID.matcher(selector);
        return id.matches()
                ? List.of(new TabPatch(parts.getOrDefault("mode", "update"), id.group(1), html))
                : parsed(html).select("[" + TASK + "]").stream()
                        .flatMap(task -> task(task).stream())
                        .toList();
    }

    private static Element parsed(String html) {
        Document document = Jsoup.parseBodyFragment(html);
        document.outputSettings().prettyPrint(false);
        return document.body();
    }

    /** What the script of pages does for Datastar; that of the dev bar is no patch of the page. */
    private static List<TabPatch> task(Element task) {
        return switch (task.attr(TASK)) {
            case "script" -> List.of(new TabPatch("carillon-script", task.attr("name"), task.attr("arguments")));
            case "reload" -> List.of(new TabPatch("refresh", "", ""));
            case "visit" -> List.of(new TabPatch(TabPatch.VISIT, task.attr("url"), ""));
            default -> List.of();
        };
    }
}
