package dev.carillon.examples.pages;

import dev.carillon.page.Action;
import dev.carillon.page.Html;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.page.SignalType;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A shopping cart: it belongs to the browser, so all its tabs show it; the stock belongs to everybody. */
final class Cart {
    private static final SignalType<List<Line>> LINES = Rows.of(
            2,
            line -> List.of(line.article(), line.number()),
            fields -> new Line(Article.valueOf(fields.get(0)), Integer.parseInt(fields.get(1))));
    private static final SignalType<Map<Article, Integer>> NUMBERS = SignalType.of(
            "must be numbers of articles", numbers -> LINES.write(lines(numbers)), text -> numbers(LINES.read(text)));

    private Cart() {}

    /** The price is in cents. */
    private enum Article {
        DOORBELL("Doorbell", 1_950, 20),
        HANDBELL("Handbell, brass", 3_400, 12),
        BICYCLE("Bicycle bell", 890, 30),
        BOURDON("Bourdon, 9 tonnes", 24_900_000, 1);

        private final String title;
        private final int cents;
        private final int stock;

        Article(String title, int cents, int stock) {
            this.title = title;
            this.cents = cents;
            this.stock = stock;
        }
    }

    private record Line(Article article, int number) {}

    static void page(Page page) {
        page.title("Shop");
        Signal<Map<Article, Integer>> stock = page.shared(page.route(), "stock", stock(), NUMBERS); // everybody's
        Signal<Map<Article, Integer>> cart =
                page.shared(page.session(), "cart", Map.of(), NUMBERS); // of all tabs of this browser
        Signal<Article> article = page.input("article", Article.DOORBELL); // which one a button means
        Action add = page.action("add", () -> {
            Article wanted = article.get();
            // The last one goes to whoever takes it out of the stock first.
            if (taken(stock, wanted)) {
                cart.update(all -> with(all, wanted, 1));
            }
        });
        Action remove = page.action("remove", () -> {
            Article unwanted = article.get();
            if (taken(cart, unwanted)) {
                stock.update(all -> with(all, unwanted, 1));
            }
        });

        page.view(page.route(), "articles", () -> articles(stock.get(), add));
        page.view("cart", () -> cart(cart.get(), remove));
        page.layout(
                views -> "<main><h1>Shop</h1>" + views.view("articles") + views.view("cart")
                        + "<p>Another tab of this browser has the same cart. Another browser has a cart of its own, and sees the stock shrink.</p></main>");
    }

    private static Map<Article, Integer> stock() {
        return Arrays.stream(Article.values()).collect(Collectors.toMap(article -> article, article -> article.stock));
    }

    private static List<Line> lines(Map<Article, Integer> numbers) {
        return new TreeMap<>(numbers)
                .entrySet().stream()
                        .map(line -> new Line(line.getKey(), line.getValue()))
                        .toList();
    }

    private static Map<Article, Integer> numbers(List<Line> lines) {
        return lines.stream().collect(Collectors.toMap(Line::article, Line::number));
    }

    /** Takes one away, if there is one. */
    private static boolean taken(Signal<Map<Article, Integer>> numbers, Article article) {
        boolean[] taken = {false};
        numbers.update(all -> {
            taken[0] = all.getOrDefault(article, 0) > 0;
            return taken[0] ? with(all, article, -1) : all;
        });
        return taken[0];
    }

    private static Map<Article, Integer> with(Map<Article, Integer> all, Article article, int more) {
        Map<Article, Integer> next = new TreeMap<>(all);
        next.merge(article, more, Integer::sum);
        return next;
    }

    private static String articles(Map<Article, Integer> stock, Action add) {
        return Arrays.stream(Article.values())
                .map(article -> {
                    int left = stock.getOrDefault(article, 0);
                    return "<li><b>" + Html.escape(article.title) + "</b><small>" + price(article.cents) + ", "
                            + (left == 0 ? "sold out" : left + " left") + "</small>"
                            + button(add, article, "Add", left == 0) + "</li>";
                })
                .collect(Collectors.joining("", "<ul class=\"articles\">", "</ul>"));
    }

    private static String cart(Map<Article, Integer> numbers, Action remove) {
        long cents = 0;
        StringBuilder lines = new StringBuilder();
        for (Article article : Article.values()) {
            int number = numbers.getOrDefault(article, 0);
            cents += (long) number * article.cents;
            if (number > 0) {
                lines.append("<li><b>")
                        .append(number)
                        .append(" × ")
                        .append(Html.escape(article.title))
                        .append("</b>")
                        .append(button(remove, article, "Remove", false))
                        .append("</li>");
            }
        }
        return "<h2>Cart</h2>"
                + (lines.isEmpty() ? "<p class=\"quiet\">Empty</p>" : "<ul class=\"articles\">" + lines + "</ul>")
                + "<p role=\"status\">Total " + price(cents) + "</p>";
    }

    private static String button(Action action, Article article, String label, boolean disabled) {
        return "<button " + action.attributes() + " name=\"article\" value=\"" + article + "\" aria-label=\"" + label
                + ": " + Html.escape(article.title) + "\"" + (disabled ? " disabled" : "") + ">" + label + "</button>";
    }

    private static String price(long cents) {
        return String.format(Locale.ROOT, "%,d.%02d", cents / 100, cents % 100);
    }
}
