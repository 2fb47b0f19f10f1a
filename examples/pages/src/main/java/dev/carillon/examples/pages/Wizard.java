package dev.carillon.examples.pages;

import dev.carillon.page.Action;
import dev.carillon.page.Html;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.page.SignalType;

/** A form in steps. What was entered is in signals of the tab, so it is there when the tab goes on at another node. */
final class Wizard {
    private static final int LAST = 3;

    private Wizard() {}

    private enum Size {
        SMALL("Small, for a desk"),
        MEDIUM("Medium, for a ship"),
        LARGE("Large, for a tower");

        private final String label;

        Size(String label) {
            this.label = label;
        }
    }

    static void page(Page page) {
        page.title("Order a bell");
        Signal<Integer> step = page.signal("step", 1);
        Signal<String> problem = page.signal("problem", "");
        Signal<String> name = page.input("name", "", SignalType.text(40));
        Signal<String> mail = page.input("mail", "", SignalType.text(80));
        Signal<Size> size = page.input("size", Size.SMALL);
        Action next = page.action("next", () -> {
            problem.set(step.get() == 1 ? problem(name.get(), mail.get()) : "");
            if (problem.get().isEmpty()) {
                step.update(n -> Math.min(LAST, n + 1));
            }
        });
        Action back = page.action("back", () -> {
            problem.set("");
            step.update(n -> Math.max(1, n - 1));
        });

        page.view("step", () -> {
            String content = switch (step.get()) {
                case 1 ->
                    field("Name", name, "autocomplete=\"name\"")
                            + field("E-mail", mail, "autocomplete=\"email\" inputmode=\"email\"");
                case 2 -> sizes(size);
                default ->
                    "<dl><dt>Name</dt><dd>" + name.text() + "</dd><dt>E-mail</dt><dd>" + mail.text()
                            + "</dd><dt>Bell</dt><dd>" + Html.escape(size.get().label) + "</dd></dl>";
            };
            return "<p role=\"status\">Step " + step.get() + " of " + LAST + "</p>"
                    + (problem.get().isEmpty() ? "" : "<p role=\"alert\">" + problem.text() + "</p>")
                    + content + "<div class=\"steps\">"
                    // The first button of the page is that of the Enter key.
                    + (step.get() < LAST ? next.button("Next") : "")
                    + (step.get() > 1 ? back.button("Back") : "") + "</div>";
        });
        page.layout(
                views -> "<main><h1>Order a bell</h1>" + views.view("step")
                        + "<p>Nothing is ordered. Stop the node while you fill this in: the page goes on at another one.</p></main>");
    }

    private static String problem(String name, String mail) {
        if (name.isBlank()) {
            return "Please tell us your name.";
        }
        return mail.matches("[^@\\s]+@[^@\\s]+") ? "" : "An e-mail address has an @ in its middle.";
    }

    private static String field(String label, Signal<String> signal, String more) {
        return "<label class=\"wide\">" + label + " <input " + more + " " + Page.field(signal) + "></label>";
    }

    private static String sizes(Signal<Size> size) {
        StringBuilder html = new StringBuilder("<fieldset><legend>Which bell?</legend>");
        for (Size one : Size.values()) {
            html.append("<label class=\"choice\"><input type=\"radio\" form=\"")
                    .append(Action.FORM)
                    .append("\" name=\"size\" value=\"")
                    .append(one)
                    .append('"')
                    .append(one == size.get() ? " checked" : "")
                    .append("> ")
                    .append(Html.escape(one.label))
                    .append("</label>");
        }
        return html.append("</fieldset>").toString();
    }
}
