package dev.carillon.examples.pages;

import dev.carillon.extension.Cookie;
import dev.carillon.page.Action;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.page.SignalType;
import java.time.Duration;
import java.util.Locale;

/** A theme builder: the preview follows each choice, and a cookie keeps the theme for the next visit. */
final class Theme {
    private static final String COOKIE = "theme";
    private static final Duration KEPT = Duration.ofDays(30);

    private static final SignalType<String> COLOUR = SignalType.of("must be a colour such as #8a4b08", v -> v, text -> {
        if (!text.matches("#[0-9a-f]{6}")) {
            throw new IllegalArgumentException(text);
        }
        return text;
    });

    private Theme() {}

    enum Shape {
        ROUND(8),
        SQUARE(0);

        private final int radius;

        Shape(int radius) {
            this.radius = radius;
        }
    }

    static void page(Page page) {
        page.title("Theme builder");
        String[] kept = page.cookie(COOKIE)
                .filter(text -> text.matches("(#[0-9a-f]{6} ){2}(ROUND|SQUARE)"))
                .orElse("#8a4b08 #faf7f2 ROUND")
                .split(" ", -1);
        Signal<String> accent = page.input("accent", kept[0], COLOUR);
        Signal<String> paper = page.input("paper", kept[1], COLOUR);
        Signal<Shape> shape = page.input("shape", Shape.valueOf(kept[2]));
        Action apply = page.action(
                "apply",
                () -> page.setCookie(Cookie.of(COOKIE, accent.get() + " " + paper.get() + " " + shape.get())
                        .lasting(KEPT)));

        page.view(
                "choose",
                () -> colour("Accent", accent, apply) + colour("Paper", paper, apply) + "<label>Corners <select form=\""
                        + Action.FORM + "\" name=\"shape\" id=\"field-shape\" " + apply.onInput() + ">"
                        + options(shape.get()) + "</select></label>" + apply.button("Apply"));
        page.view("preview", () -> preview(accent.text(), paper.text(), shape.get()));
        page.layout(views -> "<main><h1>Theme builder</h1>" + views.view("choose") + views.view("preview")
                + "<p>Load the page again: a cookie of this browser has the theme.</p></main>");
    }

    private static String colour(String label, Signal<String> signal, Action apply) {
        return "<label>" + label + " <input type=\"color\" " + apply.onInput() + " " + Page.field(signal) + "></label>";
    }

    private static String options(Shape chosen) {
        StringBuilder options = new StringBuilder();
        for (Shape one : Shape.values()) {
            options.append("<option value=\"")
                    .append(one)
                    .append('"')
                    .append(one == chosen ? " selected" : "")
                    .append('>')
                    .append(one.name().charAt(0))
                    .append(one.name().substring(1).toLowerCase(Locale.ROOT))
                    .append("</option>");
        }
        return options.toString();
    }

    /** A picture, as the content security policy of pages allows no inline styles. */
    private static String preview(String accent, String paper, Shape shape) {
        String corner = " rx=\"" + shape.radius + "\"";
        return "<svg class=\"preview\" viewBox=\"0 0 200 120\" role=\"img\" aria-label=\"Preview\"><rect width=\"200\" height=\"120\" fill=\""
                + paper + "\"" + corner
                + "/><rect x=\"16\" y=\"16\" width=\"90\" height=\"12\" fill=\"" + accent + "\"" + corner
                + "/><rect x=\"16\" y=\"40\" width=\"168\" height=\"6\" fill=\"" + accent
                + "\" opacity=\"0.3\"/><rect x=\"16\" y=\"54\" width=\"140\" height=\"6\" fill=\"" + accent
                + "\" opacity=\"0.3\"/><rect x=\"16\" y=\"80\" width=\"64\" height=\"24\" fill=\""
                + accent + "\"" + corner + "/></svg><pre><code>--accent: " + accent + ";\n--paper: " + paper
                + ";\n--radius: " + shape.radius + "px;</code></pre>";
    }
}
