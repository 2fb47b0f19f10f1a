package dev.carillon.planner.report;

import dev.carillon.planner.base.Amount;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/**
 * A line chart as an SVG element. The style sheet of the page colours the classes {@code grid}, {@code line0} and so on.
 *
 * @param logarithmic whether both axes are logarithmic
 * @param step whether values change at once, as numbers of nodes do
 */
record Chart(String title, String xLabel, String yLabel, boolean logarithmic, boolean step, List<Series> series) {
    private static final int WIDTH = 640;
    private static final int HEIGHT = 300;
    private static final int LEFT = 74;
    private static final int RIGHT = 24;
    private static final int TOP = 54;
    private static final int BOTTOM = 52;
    private static final int TICKS = 5;
    private static final int LEGEND = 190;
    private static final double ROOM = 1.05;
    private static final double DECADES = 100;

    record Point(double x, double y) {}

    record Series(String name, List<Point> points) {
        Series {
            points = points.stream()
                    .filter(point -> Double.isFinite(point.x()) && Double.isFinite(point.y()))
                    .toList();
        }
    }

    Chart {
        series = List.copyOf(series);
    }

    String svg() {
        List<String> svg = new ArrayList<>();
        svg.add(text("<svg viewBox='0 0 %d %d' role='img' aria-label='%s'>", WIDTH, HEIGHT, escaped(title)));
        svg.add(text("<text x='%d' y='18' class='title'>%s</text>", LEFT, escaped(title)));
        for (double tick : ticks(yMin(), yMax())) {
            svg.add(text(
                    "<line x1='%d' x2='%d' y1='%.1f' y2='%.1f' class='grid'/>", LEFT, WIDTH - RIGHT, y(tick), y(tick)));
            svg.add(text("<text x='%d' y='%.1f' text-anchor='end'>%s</text>", LEFT - 6, y(tick) + 4, compact(tick)));
        }
        for (double tick : ticks(xMin(), xMax())) {
            svg.add(text(
                    "<text x='%.1f' y='%d' text-anchor='middle'>%s</text>",
                    x(tick), HEIGHT - BOTTOM + 18, compact(tick)));
        }
        svg.add(text(
                "<text x='%d' y='%d' text-anchor='middle'>%s</text>",
                (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, escaped(xLabel)));
        svg.add(text(
                "<text transform='translate(14 %d) rotate(-90)' text-anchor='middle'>%s</text>",
                (TOP + HEIGHT - BOTTOM) / 2, escaped(yLabel)));
        for (int i = 0; i < series.size(); i++) {
            Series one = series.get(i);
            int legend = LEFT + i * LEGEND;
            svg.add(text("<line x1='%d' x2='%d' y1='36' y2='36' class='line%d'/>", legend, legend + 18, i));
            svg.add(text("<text x='%d' y='40'>%s</text>", legend + 24, escaped(one.name)));
            svg.add(text("<polyline points='%s' class='line%d'/>", polyline(one), i));
        }
        svg.add("</svg>");
        return String.join("\n", svg) + "\n";
    }

    private String polyline(Series one) {
        StringBuilder line = new StringBuilder();
        double last = Double.NaN;
        for (Point point : one.points) {
            if (step && !Double.isNaN(last)) {
                line.append(text("%.1f,%.1f ", x(point.x), last));
            }
            last = y(point.y);
            line.append(text("%.1f,%.1f ", x(point.x), last));
        }
        return line.toString().strip();
    }

    private double x(double x) {
        return LEFT + share(x, xMin(), xMax()) * (WIDTH - LEFT - RIGHT);
    }

    private double y(double y) {
        return HEIGHT - BOTTOM - share(y, yMin(), yMax()) * (HEIGHT - TOP - BOTTOM);
    }

    private double share(double value, double min, double max) {
        double share =
                logarithmic ? Math.log(Math.max(value, min) / min) / Math.log(max / min) : (value - min) / (max - min);
        return Math.clamp(share, 0, 1);
    }

    /** Round values between both ends: in equal steps, or 1, 2 and 5 times powers of ten. */
    private List<Double> ticks(double min, double max) {
        List<Double> ticks = new ArrayList<>();
        if (logarithmic) {
            List<Integer> factors = max / min > DECADES ? List.of(1) : List.of(1, 2, 5);
            for (double ten = Math.pow(10, Math.floor(Math.log10(min))); ten <= max; ten *= 10) {
                for (int factor : factors) {
                    if (ten * factor >= min && ten * factor <= max) {
                        ticks.add(ten * factor);
                    }
                }
            }
            return ticks;
        }
        double part = max / TICKS;
        double ten = Math.pow(10, Math.floor(Math.log10(part)));
        double step = part <= ten ? ten : part <= 2 * ten ? 2 * ten : part <= 5 * ten ? 5 * ten : 10 * ten;
        for (int i = 0; i * step <= max; i++) {
            ticks.add(i * step);
        }
        return ticks;
    }

    private static String compact(double value) {
        return value >= 1e6
                ? Amount.text(value / 1e6) + "m"
                : value >= 1e4 ? Amount.text(value / 1e3) + "k" : Amount.text(value);
    }

    private double xMin() {
        return logarithmic ? all(true).min().orElse(1) : 0;
    }

    private double xMax() {
        return Math.max(xMin() * ROOM, all(true).max().orElse(1));
    }

    private double yMin() {
        return logarithmic ? all(false).min().orElse(1) : 0;
    }

    private double yMax() {
        return Math.max(Math.max(yMin(), 1e-9) * ROOM, all(false).max().orElse(1) * ROOM);
    }

    private DoubleStream all(boolean x) {
        return series.stream()
                .flatMap(one -> one.points.stream())
                .mapToDouble(point -> x ? point.x : point.y)
                .filter(value -> !logarithmic || value > 0);
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
