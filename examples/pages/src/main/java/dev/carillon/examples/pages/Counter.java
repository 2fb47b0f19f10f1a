package dev.carillon.examples.pages;

import dev.carillon.page.Action;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;

/** A counter: everybody on the page sees the count, each tab has its own step. */
final class Counter {
    private Counter() {}

    static void page(Page page) {
        page.title("Counter");
        Signal<Integer> step = page.input("step", 1); // this tab's; the browser may write it
        Signal<Integer> count = page.shared(page.route(), "count", 0); // everybody's on this page, on all nodes
        Action add = page.action("add", () -> count.update(n -> n + step.get()));
        Action reset = page.action("reset", () -> count.set(0));

        page.view(page.route(), "counter", () -> "<output>" + count.text() + "</output>"); // rendered once per node
        page.view(
                "controls",
                () -> "<label>Step <input type=\"number\" " + Page.field(step) + "></label>"
                        + add.button("Add " + step.get()) + reset.button("Reset"));
        page.layout(views -> "<main><h1>Counter</h1>" + views.view("counter") + views.view("controls")
                + "<p>Open this page in a second window: the count is shared, the step is not.</p></main>");
    }
}
