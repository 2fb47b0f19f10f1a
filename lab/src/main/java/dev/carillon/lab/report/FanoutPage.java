package dev.carillon.lab.report;

import dev.carillon.lab.load.Fanout;
import dev.carillon.lab.load.FanoutResult;
import dev.carillon.lab.report.LineChart.Point;
import dev.carillon.lab.report.LineChart.Series;
import dev.carillon.lab.report.LineChart.Tick;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** The result of a {@link Fanout} as a self-contained HTML page without scripts or external resources. */
public final class FanoutPage {
    static final String STYLE = """
            :root { color-scheme: light dark; --ink: #1c1917; --paper: #fff; --dim: #d6d3d1; --bad: #b91c1c;
              --c0: #2563eb; --c1: #c2410c; --c2: #6d28d9; }
            @media (prefers-color-scheme: dark) { :root { --ink: #e7e5e4; --paper: #1c1917; --dim: #44403c; --bad: #f87171;
              --c0: #60a5fa; --c1: #fb923c; --c2: #c4b5fd; } }
            body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
              max-width: 960px; margin: 2rem auto; padding: 0 1rem; }
            table { border-collapse: collapse; margin: 1rem 0; }
            th { text-align: left; padding-top: .8rem; } td { padding: .1rem 2rem .1rem 0; border-bottom: 1px solid var(--dim); }
            td + td { text-align: right; padding-right: 0; font-variant-numeric: tabular-nums; }
            .bad { color: var(--bad); font-weight: bold; }
            svg { width: 100%; height: auto; font: 13px system-ui, sans-serif; fill: var(--ink); margin: 1rem 0; }
            .title { font-size: 16px; font-weight: bold; } .grid { stroke: var(--dim); }
            .line0, .line1, .line2 { fill: none; stroke-width: 2; }
            .line0 { stroke: var(--c0); } .line1 { stroke: var(--c1); } .line2 { stroke: var(--c2); }
            """;
    private static final List<Double> SHARES = List.of(0.0, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999);
    private static final int MAX_TICKS = 12;

    private final FanoutResult result;
    private final FanoutTable table;

    public FanoutPage(FanoutResult result) {
        this.result = result;
        this.table = new FanoutTable(result);
    }

    public String html() {
        List<String> html = new ArrayList<>();
        html.add("<!DOCTYPE html>\n<html lang='en'>\n<meta charset='utf-8'>");
        html.add("<meta name='viewport' content='width=device-width, initial-scale=1'>");
        html.add(
                "<title>Carillon: " + LineChart.escaped(table.headline()) + "</title>\n<style>\n" + STYLE + "</style>");
        html.add("<h1>Fan-out under load</h1>");
        html.add("<p>" + LineChart.escaped(table.headline()) + "<br>"
                + LineChart.escaped(result.setup().startedAt()) + ", "
                + LineChart.escaped(result.setup().machine()) + "</p>\n<ul>");
        for (String line : table.verdict()) {
            boolean bad = line.startsWith("INVALID") || line.startsWith("NOT CLEAN") || line.startsWith("ENDED");
            html.add("<li" + (bad ? " class='bad'" : "") + ">" + LineChart.escaped(line) + "</li>");
        }
        html.add("</ul>");
        html.add(curve().svg());
        html.add(overTime(
                        "Latency over time",
                        "ms",
                        true,
                        List.of(
                                series("p99", second -> second.p99Micros() / 1e3),
                                series("maximum", second -> second.maxMicros() / 1e3),
                                series("median", second -> second.p50Micros() / 1e3)))
                .svg());
        html.add(overTime(
                        "Deliveries over time",
                        "deliveries/s",
                        false,
                        List.of(all("deliveries/s", FanoutResult.Second::deliveriesPerSecond)))
                .svg());
        table(html);
        html.add("</html>");
        return String.join("\n", html) + "\n";
    }

    private void table(List<String> html) {
        html.add("<table>");
        String group = "";
        for (FanoutTable.Row row : table.rows()) {
            if (!row.group().equals(group)) {
                group = row.group();
                html.add("<tr><th colspan='2'>" + LineChart.escaped(group) + "</th></tr>");
            }
            html.add("<tr><td>" + LineChart.escaped(row.name()) + "</td><td>" + LineChart.escaped(row.value())
                    + "</td></tr>");
        }
        html.add("</table>");
    }

    /** The x axis is logarithmic towards 100 %, so that high percentiles are readable. */
    private LineChart curve() {
        List<Point> points = result.curve().stream()
                .map(point -> new Point(axisPosition(point.share()), point.micros() / 1e3))
                .toList();
        double last = points.isEmpty() ? 1 : points.getLast().x();
        List<Tick> ticks = SHARES.stream()
                .filter(share -> axisPosition(share) < last + 1)
                .map(share -> new Tick(axisPosition(share), String.format(Locale.ROOT, "%s %%", percent(share))))
                .toList();
        return new LineChart(
                "Latency, from when an event was due until a client read it",
                "percentile of all deliveries",
                "ms",
                true,
                ticks,
                List.of(new Series("latency", points)));
    }

    private static double axisPosition(double share) {
        return -Math.log10(1 - share);
    }

    private static String percent(double share) {
        return Double.toString(Math.round(share * 1e8) / 1e6).replaceFirst("\\.0$", "");
    }

    private LineChart overTime(String title, String unit, boolean logarithmic, List<Series> series) {
        int length = (int) Math.ceil(result.seconds().stream()
                .mapToDouble(FanoutResult.Second::at)
                .max()
                .orElse(1));
        int step = Math.max(1, (length + MAX_TICKS - 1) / MAX_TICKS);
        List<Tick> ticks = new ArrayList<>();
        for (int at = 0; at < length + step; at += step) {
            ticks.add(new Tick(at, Integer.toString(at)));
        }
        return new LineChart(title, "seconds, warm-up included", unit, logarithmic, ticks, series);
    }

    private Series series(String name, ToDoubleFunction<FanoutResult.Second> value) {
        return new Series(
                name,
                result.seconds().stream()
                        .filter(second -> second.measured() && second.maxMicros() > 0)
                        .map(second -> new Point(second.at(), value.applyAsDouble(second)))
                        .toList());
    }

    private Series all(String name, ToDoubleFunction<FanoutResult.Second> value) {
        return new Series(
                name,
                result.seconds().stream()
                        .map(second -> new Point(second.at(), value.applyAsDouble(second)))
                        .toList());
    }
}
