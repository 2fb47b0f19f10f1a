package dev.carillon.examples.pages;

import dev.carillon.page.Html;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.page.SignalType;
import dev.carillon.scope.Scope;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A client monitor: each tab enters itself into a list that all nodes share, and leaves it. One whose node has failed is left out after a while. */
final class Monitor {
    private static final Duration RENEWED = Duration.ofSeconds(10);
    private static final Duration FORGOTTEN = Duration.ofSeconds(30);
    private static final int MAX_TABS = 100;

    private static final SignalType<List<Tab>> TABS = Rows.of(
            4,
            tab -> List.of(tab.id(), tab.node(), tab.since(), tab.seen()),
            fields -> new Tab(
                    fields.get(0), fields.get(1), Long.parseLong(fields.get(2)), Long.parseLong(fields.get(3))));

    private Monitor() {}

    /** Times are in milliseconds. */
    record Tab(String id, String node, long since, long seen) {}

    /** @param node of this page */
    static void page(Page page, String node) {
        page.title("Client monitor");
        Signal<List<Tab>> tabs = tabs(page);
        Signal<Long> since = page.signal("since", 0L);
        Signal<String> id = page.signal("id", "");
        Runnable enter = () -> {
            long now = System.currentTimeMillis();
            if (since.get() == 0) {
                since.set(now);
                id.set(Long.toString(System.nanoTime(), 36));
            }
            Tab self = new Tab(id.get(), node, since.get(), now);
            tabs.update(all -> Stream.concat(others(all, id.get(), now), Stream.of(self))
                    .limit(MAX_TABS)
                    .toList());
        };
        page.onConnect(enter);
        page.every(RENEWED, enter);
        page.onClose(() -> tabs.update(
                all -> others(all, id.get(), System.currentTimeMillis()).toList()));

        page.view(Scope.route("/monitor"), "tabs", () -> html(tabs.get()));
        page.layout(
                views -> "<main><h1>Client monitor</h1>" + views.view("tabs")
                        + "<p>Open and close this page in other windows. Each row is an open tab, at whichever node it is.</p></main>");
    }

    static Signal<List<Tab>> tabs(Page page) {
        return page.shared(Scope.route("/monitor"), "tabs", List.of(), TABS);
    }

    private static Stream<Tab> others(List<Tab> all, String id, long now) {
        return all.stream().filter(tab -> !tab.id().equals(id) && now - tab.seen() < FORGOTTEN.toMillis());
    }

    private static String html(List<Tab> tabs) {
        String rows = tabs.stream()
                .map(tab -> "<tr><th scope=\"row\">" + Html.escape(tab.id()) + "</th><td>" + Html.escape(tab.node())
                        + "</td><td>" + (tab.seen() - tab.since()) / 1000 + " s</td></tr>")
                .collect(Collectors.joining());
        return "<p role=\"status\">" + tabs.size() + (tabs.size() == 1 ? " tab" : " tabs")
                + "</p><table class=\"stocks\"><thead><tr><th scope=\"col\">Tab</th><th scope=\"col\">Node</th>"
                + "<th scope=\"col\">Open for</th></tr></thead><tbody>" + rows + "</tbody></table>";
    }
}
