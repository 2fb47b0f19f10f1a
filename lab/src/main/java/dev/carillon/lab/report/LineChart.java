package dev.carillon.lab.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/**
 * A line chart as an SVG element of a page. The style sheet of the page colours the classes {@code grid}, {@code line0} and so on.
 *
 * @param yLabel name and unit of the y axis
 * @param logarithmic whether the y axis is logarithmic
 * @param xTicks ticks of the x axis
 */
record LineChart(
        String title, String xLabel, String yLabel, boolean logarithmic, List<Tick> xTicks, List<Series> series) {
    private static final int WIDTH = 960;
    private static final int HEIGHT = 340;
    private static final int LEFT = 80;
    private static final int RIGHT = 40;
    private static final int TOP = 58;
    private static final int BOTTOM = 56;
    private static final int STEPS = 5;

    record Tick(double x, String label) {}

    record Point(double x, double y) {}

    record Series(String name, List<Point> points) {}

    LineChart {
        xTicks = List.copyOf(xTicks);
        series = List.copyOf(series);
    }

    String svg() {
        List<String> svg = new ArrayList<>();
        svg.add(text("<svg viewBox='0 0 %d %d' role='img' aria-label='%s'>", WIDTH, HEIGHT, escaped(title)));
        svg.add(text("<text x='%d' y='20' class='title'>%s</text>", LEFT, escaped(title)));
        yAxis(svg);
        for (Tick tick : xTicks) {
            svg.add(text(
                    "<line x1='%.1f' x2='%.1f' y1='%d' y2='%d' class='grid'/>",
                    x(tick.x), x(tick.x), TOP, HEIGHT - BOTTOM));
            svg.add(text(
                    "<text x='%.1f' y='%d' text-anchor='middle'>%s</text>",
                    x(tick.x), HEIGHT - BOTTOM + 18, escaped(tick.label)));
        }
        svg.add(text(
                "<text x='%d' y='%d' text-anchor='middle'>%s</text>",
                (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, escaped(xLabel)));
        for (int i = 0; i < series.size(); i++) {
            Series one = series.get(i);
            svg.add(text(
                    "<line x1='%d' x2='%d' y1='38' y2='38' class='line%d'/>", LEFT + i * 180, LEFT + i * 180 + 20, i));
            svg.add(text("<text x='%d' y='42'>%s</text>", LEFT + i * 180 + 26, escaped(one.name)));
            StringBuilder points = new StringBuilder();
            one.points.forEach(point -> points.append(text("%.1f,%.1f ", x(point.x), y(point.y))));
            svg.add(text(
                    "<polyline points='%s' class='line%d'/>", points.toString().strip(), i));
        }
        svg.add("</svg>");
        return String.join("\n", svg) + "\n";
    }

    private void yAxis(List<String> svg) {
        svg.add(text(
                "<text transform='translate(16 %d) rotate(-90)' text-anchor='middle'>%s</text>",
                (TOP + HEIGHT - BOTTOM) / 2, escaped(yLabel)));
        int steps = logarithmic ? (int) Math.round(Math.log10(yMax() / yMin())) : STEPS;
        for (int i = 0; i <= steps; i++) {
            double value = logarithmic ? yMin() * Math.pow(10, i) : yMax() * i / steps;
            svg.add(text(
                    "<line x1='%d' x2='%d' y1='%.1f' y2='%.1f' class='grid'/>",
                    LEFT, WIDTH - RIGHT, y(value), y(value)));
            svg.add(text("<text x='%d' y='%.1f' text-anchor='end'>%s</text>", LEFT - 8, y(value) + 4, number(value)));
        }
    }

    private static String number(double value) {
        return value >= 10 || value == 0 ? text("%,.0f", value) : text("%s", Math.round(value * 1e4) / 1e4);
    }

    /** Upper end of the y axis, a round number. */
    private double yMax() {
        double max = values().max().orElse(1);
        double ten = Math.pow(10, Math.ceil(Math.log10(Math.max(max, 1e-3))));
        if (logarithmic) {
            return Math.max(ten, yMin() * 10);
        }
        return max <= ten / 5 ? ten / 5 : max <= ten / 2 ? ten / 2 : ten;
    }

    /** Lower end of a logarithmic y axis. */
    private double yMin() {
        double min = values().filter(value -> value > 0).min().orElse(1);
        return Math.pow(10, Math.floor(Math.log10(min)));
    }

    private DoubleStream values() {
        return series.stream().flatMap(one -> one.points.stream()).mapToDouble(Point::y);
    }

    private double x(double x) {
        double first = xTicks.isEmpty() ? 0 : xTicks.getFirst().x;
        double last = xTicks.isEmpty() ? 1 : xTicks.getLast().x;
        return LEFT + (WIDTH - LEFT - RIGHT) * Math.clamp((x - first) / Math.max(1e-9, last - first), 0, 1);
    }

    private double y(double value) {
        double share = logarithmic
                ? Math.log10(Math.max(value, yMin()) / yMin()) / Math.log10(yMax() / yMin())
                : value / yMax();
        return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP);
    }

    @SuppressWarnings("AnnotateFormatMethod") // Formats are literals; the annotation would need a dependency.
    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }

    static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("'", "&#39;")
                .replace("\"", "&quot;");
    }
}
