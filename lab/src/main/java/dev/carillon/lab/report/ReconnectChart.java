package dev.carillon.lab.report;

import dev.carillon.lab.faults.FaultRun;
import dev.carillon.lab.faults.Reconnects;
import java.util.List;

/** A chart of the clients that a rolling restart moves. */
public final class ReconnectChart {
    private ReconnectChart() {}

    /** A self-contained SVG. */
    public static String svg(FaultRun.Plan plan, Reconnects.Result result) {
        return new BarChart(
                        "Restart of three nodes with " + result.clients() + " clients (" + plan.title() + "), by "
                                + Reconnects.Result.STEP_MILLIS + " ms",
                        Reconnects.Result.STEP_MILLIS,
                        List.of(
                                new BarChart.Series("streams that ended", result.ended()),
                                new BarChart.Series("clients that were back", result.returned()),
                                new BarChart.Series("attempts that failed", result.notBack())),
                        result.moments().stream()
                                .map(moment -> new BarChart.Mark(moment.name(), moment.atMillis()))
                                .toList())
                .svg();
    }
}
