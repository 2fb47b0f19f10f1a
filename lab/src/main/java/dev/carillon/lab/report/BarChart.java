package dev.carillon.lab.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A bar chart of counts over time as a self-contained SVG.
 *
 * @param title title of the chart
 * @param stepMillis time that a bar covers
 * @param series one to three series, drawn over each other
 * @param marks moments with a label
 */
public record BarChart(String title, long stepMillis, List<Series> series, List<Mark> marks) {
    private static final int WIDTH = 960;
    private static final int HEIGHT = 360;
    private static final int LEFT = 60;
    private static final int RIGHT = 20;
    private static final int TOP = 56;
    private static final int BOTTOM = 44;
    private static final List<String> COLOURS = List.of("#c2410c", "#2563eb", "#111827");

    /** Counts of consecutive steps. */
    public record Series(String name, List<Integer> counts) {}

    /** A labelled moment, in milliseconds since the first bar. */
    public record Mark(String name, long atMillis) {}

    public BarChart {
        series = List.copyOf(series);
        marks = List.copyOf(marks);
        if (series.isEmpty() || series.size() > COLOURS.size()) {
            throw new IllegalArgumentException("one to three series are possible, not " + series.size());
        }
    }

    public String svg() {
        List<String> svg = new ArrayList<>();
        svg.add(text(
                "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' role='img' font-family='sans-serif' font-size='13'>",
                WIDTH, HEIGHT));
        svg.add("<title>" + escaped(title) + "</title>");
        svg.add(text("<rect width='%d' height='%d' fill='#fff'/>", WIDTH, HEIGHT));
        svg.add(text("<text x='%d' y='22' font-size='16' font-weight='bold'>%s</text>", LEFT, escaped(title)));
        int max = Math.max(
                1,
                series.stream()
                        .flatMap(s -> s.counts().stream())
                        .mapToInt(Integer::intValue)
                        .max()
                        .orElse(1));
        for (int i = 0; i <= 4; i++) {
            double y = y((double) i / 4);
            svg.add(text("<line x1='%d' x2='%d' y1='%.1f' y2='%.1f' stroke='#ddd'/>", LEFT, WIDTH - RIGHT, y, y));
            svg.add(text(
                    "<text x='%d' y='%.1f' text-anchor='end' fill='#555'>%d</text>", LEFT - 8, y + 4, max * i / 4));
        }
        for (int i = 0; i < series.size(); i++) {
            bars(svg, series.get(i), COLOURS.get(i), max);
            svg.add(text("<rect x='%d' y='34' width='11' height='11' fill='%s'/>", LEFT + i * 260, COLOURS.get(i)));
            svg.add(text(
                    "<text x='%d' y='44'>%s</text>",
                    LEFT + 17 + i * 260, escaped(series.get(i).name())));
        }
        axis(svg);
        svg.add("</svg>");
        return String.join("\n", svg) + "\n";
    }

    private void bars(List<String> svg, Series series, String colour, int max) {
        double width = (double) (WIDTH - LEFT - RIGHT) / steps();
        for (int i = 0; i < series.counts().size(); i++) {
            double share = (double) series.counts().get(i) / max;
            if (share > 0) {
                svg.add(text(
                        "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' fill='%s' fill-opacity='0.75'/>",
                        LEFT + i * width, y(share), Math.max(1, width - 1), y(0) - y(share), colour));
            }
        }
    }

    private void axis(List<String> svg) {
        long length = steps() * stepMillis;
        long every = length > 20_000 ? 5_000 : 1_000;
        for (long at = 0; at <= length; at += every) {
            svg.add(text(
                    "<text x='%.1f' y='%d' text-anchor='middle' fill='#555'>%d s</text>",
                    x(at), HEIGHT - 18, at / 1_000));
        }
        for (Mark mark : marks) {
            svg.add(text(
                    "<line x1='%.1f' x2='%.1f' y1='%d' y2='%d' stroke='#111' stroke-dasharray='4 3'/>",
                    x(mark.atMillis()), x(mark.atMillis()), TOP, HEIGHT - BOTTOM));
            // The label is on the side with more space.
            boolean right = x(mark.atMillis()) > WIDTH * 0.8;
            svg.add(text(
                    "<text x='%.1f' y='%d' text-anchor='%s'>%s</text>",
                    x(mark.atMillis()) + (right ? -4 : 4), TOP + 12, right ? "end" : "start", escaped(mark.name())));
        }
    }

    private int steps() {
        return Math.max(
                1, series.stream().mapToInt(s -> s.counts().size()).max().orElse(1));
    }

    private double x(long millis) {
        return LEFT + (WIDTH - LEFT - RIGHT) * (double) millis / (steps() * stepMillis);
    }

    private static double y(double share) {
        return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP);
    }

    @SuppressWarnings("AnnotateFormatMethod") // Formats are literals; the annotation would need a dependency.
    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace("'", "&#39;");
    }
}
