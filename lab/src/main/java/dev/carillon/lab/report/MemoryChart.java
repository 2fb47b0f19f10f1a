package dev.carillon.lab.report;

import dev.carillon.lab.soak.MemoryTrend;
import dev.carillon.lab.soak.SoakRun;
import java.util.ArrayList;
import java.util.List;

/** A chart of the resident memory of nodes over time. */
public final class MemoryChart {
    private static final double KIB_PER_MIB = 1_024;
    private static final double SECONDS_PER_MINUTE = 60;
    private static final int TICKS = 6;
    private static final String STYLE =
            "<style>svg{background:#fff;font:13px sans-serif}.title{font-size:16px;font-weight:bold}"
                    + ".grid{stroke:#ddd}.line0,.line1{fill:none;stroke-width:2}.line0{stroke:#c2410c}.line1{stroke:#2563eb}</style>";

    private MemoryChart() {}

    /** A self-contained SVG. */
    public static String svg(List<SoakRun.Result> results) {
        double last = results.stream()
                .flatMap(result -> result.trend().samples().stream())
                .mapToDouble(MemoryTrend.Sample::seconds)
                .max()
                .orElse(0);
        double minutes = Math.max(last, 1) / SECONDS_PER_MINUTE;
        List<LineChart.Tick> ticks = new ArrayList<>();
        for (int i = 0; i <= TICKS; i++) {
            double at = minutes * i / TICKS;
            ticks.add(new LineChart.Tick(at, Double.toString(Math.round(at * 10) / 10.0)));
        }
        List<LineChart.Series> series = results.stream()
                .map(result -> new LineChart.Series(
                        "node " + result.node(),
                        result.trend().samples().stream()
                                .map(sample -> new LineChart.Point(
                                        sample.seconds() / SECONDS_PER_MINUTE, sample.kib() / KIB_PER_MIB))
                                .toList()))
                .toList();
        String chart = new LineChart("Resident memory", "minutes", "MiB", false, ticks, series).svg();
        int inside = chart.indexOf('>') + 1;
        return chart.substring(0, inside).replace("<svg ", "<svg xmlns='http://www.w3.org/2000/svg' ")
                + STYLE
                + chart.substring(inside);
    }
}
