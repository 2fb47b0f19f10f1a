package dev.carillon.examples.pages;

import dev.carillon.page.Action;
import dev.carillon.page.Html;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.page.SignalType;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Live search: the list follows what a user types, a moment after each key. Without JavaScript the button does it. */
final class Search {
    private static final List<String> WORDS = List.of(
            "alarm",
            "anvil",
            "bass",
            "beat",
            "belfry",
            "bell",
            "bicycle bell",
            "bourdon",
            "brass",
            "bronze",
            "campanile",
            "carillon",
            "cast",
            "chime",
            "clang",
            "clapper",
            "clock",
            "concert",
            "cowbell",
            "crown",
            "cymbal",
            "ding",
            "doorbell",
            "echo",
            "foundry",
            "gong",
            "hammer",
            "handbell",
            "harmony",
            "hum",
            "jingle",
            "knell",
            "lip",
            "melody",
            "minor third",
            "mould",
            "octave",
            "overtone",
            "peal",
            "pitch",
            "quarter",
            "resonance",
            "rhythm",
            "ring",
            "rope",
            "shoulder",
            "sound bow",
            "stay",
            "strike",
            "tenor",
            "toll",
            "tower",
            "treble",
            "tubular bell",
            "tuning fork",
            "wheel",
            "wind chime",
            "yoke");

    private Search() {}

    static void page(Page page) {
        page.title("Live search");
        Signal<String> query = page.input("query", "", SignalType.text(40));
        Action search = page.action("search", () -> {}); // the field is the new value already

        // A view without signals: it never changes, so nothing disturbs who types.
        page.view(
                "ask",
                () ->
                        "<label class=\"wide\">Words about bells <input type=\"search\" autocomplete=\"off\" maxlength=\"40\" "
                                + search.onInput() + " form=\"" + Action.FORM
                                + "\" name=\"query\" id=\"field-query\"></label>"
                                + search.button("Search"));
        page.view("found", () -> found(query.get()));
        page.layout(views -> "<main><h1>Live search</h1>" + views.view("ask") + views.view("found")
                + "<p>Type a few letters. The search runs on the server, the page receives the new list.</p></main>");
    }

    private static String found(String query) {
        String part = query.strip().toLowerCase(Locale.ROOT);
        List<String> found = WORDS.stream().filter(word -> word.contains(part)).toList();
        String items = found.stream()
                .map(word -> "<li>" + marked(word, part) + "</li>")
                .collect(Collectors.joining());
        return "<p role=\"status\">" + found.size() + " of " + WORDS.size() + "</p>"
                + (found.isEmpty() ? "" : "<ul class=\"words\">" + items + "</ul>");
    }

    private static String marked(String word, String part) {
        int at = word.indexOf(part);
        return part.isEmpty()
                ? word
                : word.substring(0, at) + "<mark>" + Html.escape(part) + "</mark>" + word.substring(at + part.length());
    }
}
