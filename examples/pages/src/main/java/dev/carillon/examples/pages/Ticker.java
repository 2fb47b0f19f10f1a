package dev.carillon.examples.pages;

import dev.carillon.page.Action;
import dev.carillon.page.Page;
import dev.carillon.page.Signal;
import dev.carillon.page.SignalType;
import dev.carillon.scope.Scope;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A stock ticker: prices change without a click. Every tab has a timer; the first one that finds the prices a second old computes the next ones,
 * for all tabs on all nodes. So nothing runs while no tab is open.
 */
final class Ticker {
    private static final int KEPT = 40;
    private static final long STEP_MILLIS = 1_000;

    private static final SignalType<Market> MARKET =
            SignalType.of("must be a time and prices", Market::text, Market::of);

    private Ticker() {}

    enum Stock {
        BELL("Bell Foundry", 12_500),
        CLAP("Clapper & Co", 4_200),
        ROPE("Rope Works", 830),
        TOWR("Tower Estates", 31_000);

        private final String title;
        private final int first;

        Stock(String title, int first) {
            this.title = title;
            this.first = first;
        }
    }

    /**
     * Prices of all stocks in cents, the newest one last.
     *
     * @param time of the last change, in milliseconds
     */
    record Market(long time, List<List<Integer>> prices) {
        static final Market FIRST = new Market(
                0, Stream.of(Stock.values()).map(stock -> List.of(stock.first)).toList());

        boolean due(long now) {
            return now - time >= STEP_MILLIS;
        }

        /** Gives the same result on every node, as an update may be computed again. */
        Market next(long now) {
            Random random = new Random(now / STEP_MILLIS);
            return new Market(
                    now, prices.stream().map(all -> moved(all, random)).toList());
        }

        private static List<Integer> moved(List<Integer> all, Random random) {
            int next = Math.max(100, (int) Math.round(all.getLast() * (1 + random.nextGaussian() / 100)));
            return Stream.concat(all.stream(), Stream.of(next))
                    .skip(Math.max(0, all.size() + 1 - KEPT))
                    .toList();
        }

        String text() {
            return time
                    + prices.stream()
                            .map(all -> all.stream().map(String::valueOf).collect(Collectors.joining(" ", "\n", "")))
                            .collect(Collectors.joining());
        }

        static Market of(String text) {
            List<String> lines = text.lines().toList();
            if (lines.size() != Stock.values().length + 1) {
                throw new IllegalArgumentException(lines.size() + " lines");
            }
            return new Market(
                    Long.parseLong(lines.getFirst()),
                    lines.stream()
                            .skip(1)
                            .map(line -> Stream.of(line.split(" "))
                                    .map(Integer::valueOf)
                                    .toList())
                            .toList());
        }
    }

    static void page(Page page) {
        page.title("Stock ticker");
        Signal<Market> market = market(page);
        Signal<Boolean> open = open(page);
        Action toggle = page.action("toggle", () -> open.update(before -> !before));

        page.view(Scope.route("/ticker"), "market", () -> html(market.get())); // rendered once per node
        page.view(
                Scope.route("/ticker"),
                "switch",
                () -> toggle.button(open.get() ? "Close the market" : "Open the market"));
        page.layout(
                views -> "<main><h1>Stock ticker</h1>" + views.view("market") + views.view("switch")
                        + "<p>The prices are invented. All tabs on all nodes see the same ones; anyone can close the market for everybody.</p></main>");
    }

    /** The prices, which move while a page that shows them is open. */
    static Signal<Market> market(Page page) {
        Signal<Market> market = page.shared(Scope.route("/ticker"), "market", Market.FIRST, MARKET);
        Signal<Boolean> open = open(page);
        page.every(Duration.ofMillis(250), () -> {
            long now = System.currentTimeMillis();
            if (open.get() && market.get().due(now)) {
                market.update(old -> old.due(now) ? old.next(now) : old);
            }
        });
        return market;
    }

    private static Signal<Boolean> open(Page page) {
        return page.shared(Scope.route("/ticker"), "open", true);
    }

    private static String html(Market market) {
        return IntStream.range(0, Stock.values().length)
                .mapToObj(i -> row(Stock.values()[i], market.prices().get(i)))
                .collect(Collectors.joining(
                        "",
                        "<table class=\"stocks\"><thead><tr><th scope=\"col\">Stock</th><th scope=\"col\">Last 40 s</th>"
                                + "<th scope=\"col\">Price</th><th scope=\"col\">Change</th></tr></thead><tbody>",
                        "</tbody></table>"));
    }

    private static String row(Stock stock, List<Integer> prices) {
        double change = 100.0 * prices.getLast() / prices.getFirst() - 100;
        return "<tr><th scope=\"row\">" + stock + "<small>" + stock.title.replace("&", "&amp;") + "</small></th><td>"
                + line(prices) + "</td><td>" + String.format(Locale.ROOT, "%.2f", prices.getLast() / 100.0)
                + "</td><td class=\"" + (change < 0 ? "down" : "up") + "\">"
                + String.format(Locale.ROOT, "%s %.1f %%", change < 0 ? "▼" : "▲", Math.abs(change)) + "</td></tr>";
    }

    /** The prices as a line in a box of 100 × 30. */
    static String line(List<Integer> prices) {
        int low = prices.stream().min(Integer::compare).orElse(0);
        int high = prices.stream().max(Integer::compare).orElse(0);
        return IntStream.range(0, prices.size())
                .mapToObj(i -> String.format(
                        Locale.ROOT,
                        "%.1f,%.1f",
                        100.0 * i / Math.max(1, prices.size() - 1),
                        28 - 26.0 * (prices.get(i) - low) / Math.max(1, high - low)))
                .collect(Collectors.joining(
                        " ",
                        "<svg class=\"line\" viewBox=\"0 0 100 30\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><polyline points=\"",
                        "\"/></svg>"));
    }
}
