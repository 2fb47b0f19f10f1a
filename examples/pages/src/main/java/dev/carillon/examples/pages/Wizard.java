package dev.carillon.examples.pages;

import dev.carillon.page.Action;
import dev.carillon.page.Html;
import dev.carillon.page.Views;
import dev.carillon.page.annotation.Arrangement;
import dev.carillon.page.annotation.Elements;
import dev.carillon.page.annotation.Input;
import dev.carillon.page.annotation.LivePage;
import dev.carillon.page.annotation.PageAction;
import dev.carillon.page.annotation.PageView;
import dev.carillon.page.annotation.Persisted;

/** A form in steps, as a class: an object for each tab. What was entered is in its fields, which are there when the tab goes on at another node. */
@LivePage(value = "/wizard", title = "Order a bell")
final class Wizard {
    private static final int LAST = 3;

    private final Elements elements;

    @Persisted
    private int step = 1;

    @Persisted
    private String problem = "";

    @Input(maxChars = 40)
    private String name = "";

    @Input(maxChars = 80)
    private String mail = "";

    @Input
    private Size size = Size.SMALL;

    Wizard(Elements elements) {
        this.elements = elements;
    }

    private enum Size {
        SMALL("Small, for a desk"),
        MEDIUM("Medium, for a ship"),
        LARGE("Large, for a tower");

        private final String label;

        Size(String label) {
            this.label = label;
        }
    }

    @PageAction
    void next() {
        problem = step == 1 ? problem(name, mail) : "";
        if (problem.isEmpty()) {
            step = Math.min(LAST, step + 1);
        }
    }

    @PageAction
    void back() {
        problem = "";
        step = Math.max(1, step - 1);
    }

    @PageView(name = "step")
    String form() {
        String content = switch (step) {
            case 1 ->
                field("Name", "name", "autocomplete=\"name\"")
                        + field("E-mail", "mail", "autocomplete=\"email\" inputmode=\"email\"");
            case 2 -> sizes();
            default ->
                "<dl><dt>Name</dt><dd>" + Html.escape(name) + "</dd><dt>E-mail</dt><dd>" + Html.escape(mail)
                        + "</dd><dt>Bell</dt><dd>" + Html.escape(size.label) + "</dd></dl>";
        };
        return "<p role=\"status\">Step " + step + " of " + LAST + "</p>"
                + (problem.isEmpty() ? "" : "<p role=\"alert\">" + Html.escape(problem) + "</p>")
                + content + "<div class=\"steps\">"
                // The first button of the page is that of the Enter key.
                + (step < LAST ? elements.action("next").button("Next") : "")
                + (step > 1 ? elements.action("back").button("Back") : "") + "</div>";
    }

    @Arrangement
    String body(Views views) {
        return "<main><h1>Order a bell</h1>" + views.view("step")
                + "<p>Nothing is ordered. Stop the node while you fill this in: the page goes on at another one.</p></main>";
    }

    private static String problem(String name, String mail) {
        if (name.isBlank()) {
            return "Please tell us your name.";
        }
        return mail.matches("[^@\\s]+@[^@\\s]+") ? "" : "An e-mail address has an @ in its middle.";
    }

    private String field(String label, String input, String more) {
        return "<label class=\"wide\">" + label + " <input " + more + " " + elements.field(input) + "></label>";
    }

    private String sizes() {
        StringBuilder html = new StringBuilder("<fieldset><legend>Which bell?</legend>");
        for (Size one : Size.values()) {
            html.append("<label class=\"choice\"><input type=\"radio\" form=\"")
                    .append(Action.FORM)
                    .append("\" name=\"size\" value=\"")
                    .append(one)
                    .append('"')
                    .append(one == size ? " checked" : "")
                    .append("> ")
                    .append(Html.escape(one.label))
                    .append("</label>");
        }
        return html.append("</fieldset>").toString();
    }
}
