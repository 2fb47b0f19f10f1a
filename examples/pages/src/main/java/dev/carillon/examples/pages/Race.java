package dev.carillon.examples.pages;

import dev.carillon.page.Action;
import dev.carillon.page.Html;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.page.SignalType;
import dev.carillon.scope.Scope;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A typing race: all tabs see how far each one is, while its user types. */
final class Race {
    static final String TEXT = "The tenor leads the treble home";
    private static final int MAX_RUNNERS = 20;

    private static final SignalType<List<Runner>> RUNNERS = Rows.of(
            3,
            runner -> List.of(runner.id(), runner.chars(), runner.name()),
            fields -> new Runner(fields.get(0), Integer.parseInt(fields.get(1)), fields.get(2)));

    private Race() {}

    /** @param chars how many of the text are right */
    record Runner(String id, int chars, String name) {
        boolean isHome() {
            return chars == TEXT.length();
        }
    }

    static void page(Page page) {
        page.title("Typing race");
        Signal<List<Runner>> runners = runners(page);
        Signal<String> id = page.signal("id", "");
        Signal<String> name = page.input("name", "", SignalType.text(20));
        Signal<String> typed = page.input("typed", "", SignalType.text(TEXT.length() + 10));
        Action type = page.action("type", () -> {
            if (id.get().isEmpty()) {
                id.set(UUID.randomUUID().toString());
            }
            Runner self = new Runner(id.get(), right(typed.get()), name.get().isBlank() ? "Guest" : name.get());
            runners.update(all -> with(all, self));
        });
        Action again = page.action("again", () -> {
            runners.set(List.of());
            typed.set("");
            page.fill(typed);
        });

        page.view(
                "type",
                () -> "<label>Name <input autocomplete=\"nickname\" maxlength=\"20\" placeholder=\"Guest\" form=\""
                        + Action.FORM
                        + "\" name=\"name\" id=\"field-name\"></label><label class=\"wide\">Type here <input autocomplete=\"off\" maxlength=\""
                        + TEXT.length()
                        + "\" " + type.onInput() + " form=\"" + Action.FORM
                        + "\" name=\"typed\" id=\"field-typed\"></label>"
                        + type.button("Send"));
        page.view(page.route(), "race", () -> html(runners.get(), again));
        page.layout(views -> "<main><h1>Typing race</h1><blockquote>" + TEXT + "</blockquote>" + views.view("type")
                + views.view("race") + "<p>Open this page twice, and type in both.</p></main>");
    }

    static Signal<List<Runner>> runners(Page page) {
        return page.shared(Scope.route("/race"), "runners", List.of(), RUNNERS);
    }

    private static int right(String typed) {
        int chars = 0;
        while (chars < typed.length() && chars < TEXT.length() && typed.charAt(chars) == TEXT.charAt(chars)) {
            chars++;
        }
        return chars;
    }

    /** Those who are home keep their order. */
    private static List<Runner> with(List<Runner> all, Runner self) {
        Runner before = all.stream()
                .filter(runner -> runner.id().equals(self.id()))
                .findFirst()
                .orElse(null);
        if (before != null && before.isHome()) {
            return all;
        }
        Stream<Runner> others = all.stream().filter(runner -> !runner.id().equals(self.id()));
        // The sort is stable, so who comes home later stays behind.
        return Stream.concat(others, Stream.of(self))
                .sorted(Comparator.comparingInt((Runner runner) -> -runner.chars()))
                .limit(MAX_RUNNERS)
                .toList();
    }

    private static String html(List<Runner> runners, Action again) {
        return bars(runners) + again.button("New race");
    }

    static String bars(List<Runner> runners) {
        String bars = runners.stream()
                .map(runner -> "<li><span>" + Html.escape(runner.name()) + "</span><b>"
                        + (runner.isHome() ? "home" : 100 * runner.chars() / TEXT.length() + " %")
                        + "</b><svg viewBox=\"0 0 " + TEXT.length()
                        + " 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect width=\"" + runner.chars()
                        + "\" height=\"1\"/></svg></li>")
                .collect(Collectors.joining());
        return bars.isEmpty() ? "<p class=\"quiet\">No one has begun.</p>" : "<ul class=\"bars\">" + bars + "</ul>";
    }
}
