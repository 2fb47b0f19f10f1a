package dev.carillon.examples.pages;

import dev.carillon.page.Action;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.scope.Scope;

/** Components: the same part three times on a page, each with names of its own, in scopes of three sizes. */
final class Parts {
    private Parts() {}

    static void page(Page page) {
        page.title("Components");
        page.component("everybody", part -> stepper(part, part.route()));
        page.component("browser", part -> stepper(part, part.session()));
        page.component("tab", Parts::ownStepper);
        page.layout(views -> "<main><h1>Components</h1><h2>Everybody’s</h2>" + views.view("everybody")
                + "<h2>Of this browser</h2>" + views.view("browser") + "<h2>Of this tab</h2>" + views.view("tab")
                + "<p>One function declares all three; only the scope differs.</p></main>");
    }

    private static void stepper(Page page, Scope scope) {
        Signal<Integer> count = page.shared(scope, "count", 0);
        stepper(page, count);
    }

    private static void ownStepper(Page page) {
        stepper(page, page.signal("count", 0));
    }

    private static void stepper(Page page, Signal<Integer> count) {
        Action less = page.action("less", () -> count.update(n -> n - 1));
        Action more = page.action("more", () -> count.update(n -> n + 1));
        page.view(
                "count",
                () -> "<div class=\"stepper\"><button " + less.attributes() + " aria-label=\"Less\">−</button><b>"
                        + count.text() + "</b><button " + more.attributes() + " aria-label=\"More\">+</button></div>");
    }
}
