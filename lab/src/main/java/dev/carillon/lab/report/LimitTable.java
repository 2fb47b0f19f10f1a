package dev.carillon.lab.report;

import dev.carillon.lab.scale.LimitRun;
import java.util.Locale;

/** The result of a {@link LimitRun} as text. */
public final class LimitTable {
    private final LimitRun.Limit limit;
    private final long p99Micros;

    /** @param p99Micros the bound */
    public LimitTable(LimitRun.Limit limit, long p99Micros) {
        this.limit = limit;
        this.p99Micros = p99Micros;
    }

    /** Every line ends with LF. */
    public String text() {
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT, "%14s  %10s  %14s  %s\n", "broadcasts/s", "p99 ms", "deliveries/s", "used most"));
        for (LimitRun.Step step : limit.steps()) {
            text.append(line(step)).append('\n');
        }
        String bound = ScaleTable.number(p99Micros / 1e3) + " ms";
        text.append('\n');
        if (limit.holds() == 0) {
            text.append("No rate held the bound of ").append(bound).append(".\n");
        } else {
            text.append("The 99th percentile stays within ")
                    .append(bound)
                    .append(" up to ")
                    .append(ScaleTable.number(limit.holds()))
                    .append(" broadcasts/s (measured)")
                    .append(
                            Double.isInfinite(limit.fails())
                                    ? ".\n"
                                    : ", and not at " + ScaleTable.number(limit.fails()) + ".\n");
        }
        if (!limit.unfinished().isEmpty()) {
            text.append("The search ended before the rate was known to a tenth: ")
                    .append(limit.unfinished())
                    .append(".\n");
        }
        return text.append("Limit: ").append(limit.limit()).append('\n').toString();
    }

    /** A step as a line. */
    public static String line(LimitRun.Step step) {
        return String.format(
                Locale.ROOT,
                "%14s  %10s  %14s  %s",
                ScaleTable.number(step.rate()),
                ScaleTable.number(step.p99Micros() / 1e3) + (step.held() ? " " : "!"),
                ScaleTable.number(step.deliveriesPerSecond()),
                step.resource());
    }
}
