package dev.carillon.lab.report;

import dev.carillon.lab.report.LineChart.Point;
import dev.carillon.lab.report.LineChart.Series;
import dev.carillon.lab.report.LineChart.Tick;
import dev.carillon.lab.scale.Figure;
import dev.carillon.lab.scale.PointResult;
import dev.carillon.lab.scale.ScalePoint;
import dev.carillon.lab.scale.Spread;
import dev.carillon.lab.scale.Sweep;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The result of a {@link Sweep} as a self-contained HTML page without scripts or external resources. Each point is a card, so that the page is
 * readable on a phone; wide screens show the cards side by side. The results of another sweep stand beside those of the same points.
 */
public final class ScalePage {
    private static final String STYLE = """
            body { max-width: 1400px; }
            .cards { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); }
            .card { border: 1px solid var(--dim); border-radius: 8px; padding: .6rem 1rem 1rem; min-width: 0; }
            .card h3 { margin: .2rem 0; overflow-wrap: anywhere; } .card table { width: 100%; margin: .3rem 0; }
            .card td { padding: .1rem .4rem .1rem 0; vertical-align: top; overflow-wrap: anywhere; }
            .card td + td { white-space: nowrap; } small { color: inherit; opacity: .75; }
            .tag { border: 1px solid var(--dim); border-radius: 4px; padding: 0 .3rem; font-size: .8em; white-space: nowrap; }
            .derived { font-style: italic; } .wide { overflow-x: auto; } .wide svg { min-width: 40rem; }
            .wide th, .wide td { padding: .1rem .8rem .1rem 0; white-space: nowrap; } .wide th + th { text-align: right; }
            """;

    private final ScaleTable table;
    private final Map<ScalePoint, PointResult> others;

    /** @param others results of another sweep, to compare with */
    public ScalePage(Sweep.Result result, List<PointResult> others) {
        this.table = new ScaleTable(result);
        this.others = others.stream()
                .filter(one -> one.status() == PointResult.Status.MEASURED)
                .collect(Collectors.toMap(
                        PointResult::point, Function.identity(), (_, last) -> last, LinkedHashMap::new));
    }

    public String html() {
        List<String> html = new ArrayList<>();
        html.add("<!DOCTYPE html>\n<html lang='en'>\n<meta charset='utf-8'>");
        html.add("<meta name='viewport' content='width=device-width, initial-scale=1'>");
        html.add("<title>Carillon: sweep</title>\n<style>\n" + FanoutPage.STYLE + STYLE + "</style>");
        html.add("<h1>Sweep of " + table.results().size() + " points</h1>");
        html.add(
                "<p>All points: " + LineChart.escaped(table.common()) + "<br>" + LineChart.escaped(machine()) + "</p>");
        html.add(
                "<p>Nodes, broker, proxy and load generator share this machine. Figures are medians of the repeats, with the "
                        + "lowest and the highest. <span class='tag'>measured</span> was read from clocks and counters; "
                        + "<span class='tag derived'>derived</span> was calculated from measured figures.</p>");
        sideBySide(html);
        charts(html);
        List<String> laws = table.laws().entrySet().stream()
                .map(law -> ScaleTable.sentence(law.getKey(), law.getValue()))
                .toList();
        if (!laws.isEmpty()) {
            html.add("<h2>More nodes <span class='tag derived'>derived</span></h2>");
            html.add("<p>The universal scalability law, fitted to the work of nodes that had a processor each.</p>");
            list(html, laws);
        }
        if (!table.remarks().isEmpty()) {
            html.add("<h2>Remarks</h2>");
            list(html, table.remarks());
        }
        html.add("<h2>Points</h2>\n<div class='cards'>");
        for (int i = 0; i < table.results().size(); i++) {
            card(html, i + 1, table.results().get(i));
        }
        html.add("</div>\n</html>");
        return String.join("\n", html) + "\n";
    }

    private String machine() {
        return table.results().stream()
                        .map(PointResult::startedAt)
                        .filter(at -> !at.isEmpty())
                        .findFirst()
                        .orElse("")
                + ", " + System.getProperty("os.name") + " " + System.getProperty("os.arch") + ", "
                + Runtime.getRuntime().availableProcessors() + " processors, Java " + Runtime.version();
    }

    private static void list(List<String> html, List<String> lines) {
        if (!lines.isEmpty()) {
            html.add("<ul>");
            lines.forEach(line -> html.add("<li>" + LineChart.escaped(line) + "</li>"));
            html.add("</ul>");
        }
    }

    private void sideBySide(List<String> html) {
        html.add("<h2>Side by side</h2>\n<div class='wide'><table><tr>");
        table.head().forEach(cell -> html.add("<th>" + LineChart.escaped(cell) + "</th>"));
        html.add("</tr>");
        for (int i = 0; i < table.results().size(); i++) {
            List<String> cells = table.row(table.results().get(i));
            html.add("<tr><td>" + (i + 1) + ". "
                    + cells.stream().map(LineChart::escaped).collect(Collectors.joining("</td><td>")) + "</td></tr>");
        }
        html.add(
                "</table></div>\n<p><small>m: measured; d: derived. B: bytes; us: microseconds of processor time of all nodes; "
                        + "ms: milliseconds; p99: 99th percentile of the delivery time.</small></p>");
    }

    private void card(List<String> html, int number, PointResult one) {
        html.add("<div class='card'><h3>" + number + ". " + LineChart.escaped(table.name(one.point())) + "</h3>");
        switch (one.status()) {
            case MEASURED ->
                html.add("<small>" + one.repeats() + " repeats"
                        + (one.valid() ? "" : ", <b class='bad'>not valid</b>")
                        + (one.clean() ? "" : ", <b class='bad'>not clean</b>") + "</small>");
            case ENDED_EARLY, FAILED -> html.add("<p class='bad'>" + LineChart.escaped(one.reason()) + "</p>");
        }
        PointResult other = others.get(one.point());
        Map<String, List<Figure>> groups = Arrays.stream(Figure.values())
                .filter(one.figures()::containsKey)
                .collect(Collectors.groupingBy(Figure::group, LinkedHashMap::new, Collectors.toList()));
        html.add("<table>");
        groups.forEach((name, figures) -> {
            html.add("<tr><th colspan='2'>" + LineChart.escaped(name) + "</th></tr>");
            for (Figure figure : figures) {
                row(
                        html,
                        figure,
                        one.figures().get(figure),
                        other == null ? null : other.figures().get(figure));
            }
        });
        html.add("</table></div>");
    }

    private static void row(List<String> html, Figure figure, @Nullable Spread value, @Nullable Spread other) {
        if (value != null) {
            boolean derived = figure.origin() == Figure.Origin.DERIVED;
            html.add("<tr><td>" + LineChart.escaped(figure.label()) + " <span class='tag"
                    + (derived ? " derived'>derived" : "'>measured") + "</span></td><td>"
                    + ScaleTable.number(value.median()) + spread(value) + comparison(value, other) + "</td></tr>");
        }
    }

    private static String spread(Spread value) {
        return value.lowest() == value.highest()
                ? ""
                : "<br><small>" + ScaleTable.number(value.lowest()) + " to " + ScaleTable.number(value.highest())
                        + "</small>";
    }

    private static String comparison(Spread value, @Nullable Spread other) {
        return other == null
                ? ""
                : "<br><small>other run " + ScaleTable.number(other.median())
                        + (other.median() == 0
                                ? ""
                                : String.format(Locale.ROOT, ", %+.0f %%", 100 * (value.median() / other.median() - 1)))
                        + "</small>";
    }

    private void charts(List<String> html) {
        chart(html, "Processor time of the nodes per delivery", Figure.PER_DELIVERY, "microseconds");
        chart(html, "Delivery time, 99th percentile", Figure.P99, "milliseconds");
    }

    /** Points in their order; the ticks are the numbers of the cards. */
    private void chart(List<String> html, String title, Figure figure, String unit) {
        List<PointResult> results = table.results();
        List<Point> points = IntStream.range(0, results.size())
                .filter(i -> results.get(i).figures().containsKey(figure))
                .mapToObj(i -> point(i, results.get(i).figures().get(figure)))
                .toList();
        if (points.size() < 2) {
            return;
        }
        List<Tick> ticks = IntStream.range(0, results.size())
                .mapToObj(i -> new Tick(i + 1.0, "" + (i + 1)))
                .toList();
        html.add("<div class='wide'>"
                + new LineChart(
                                title,
                                "number of the point, in the order below",
                                unit,
                                true,
                                ticks,
                                List.of(new Series("this run", points)))
                        .svg()
                + "</div>");
    }

    private static Point point(int index, @Nullable Spread spread) {
        return new Point(index + 1.0, spread == null ? 0 : spread.median());
    }
}
