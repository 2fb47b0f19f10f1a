package dev.carillon.lab.report;

import dev.carillon.lab.rehearse.Rehearsal;
import dev.carillon.lab.rehearse.RehearsalResult;
import java.util.Locale;

/** The result of a {@link Rehearsal} as text. */
public final class RehearsalTable {
    private final RehearsalResult result;

    public RehearsalTable(RehearsalResult result) {
        this.result = result;
    }

    /** Every line ends with LF. */
    public String text() {
        StringBuilder text = new StringBuilder(
                text("%,d users for %.0f s from %s\n\n", result.users(), result.seconds(), result.startedAt()));
        text.append(text(
                "%-28s %9s %9s %9s %9s %9s %10s %10s %10s\n",
                "requests", "good", "4xx", "5xx", "no answer", "HTTP/2", "p50 ms", "p99 ms", "max ms"));
        for (RehearsalResult.Route route : result.routes()) {
            text.append(text(
                    "%-28s %,9d %,9d %,9d %,9d %,9d %10.1f %10.1f %10.1f\n",
                    route.name(),
                    route.ok(),
                    route.clientErrors(),
                    route.serverErrors(),
                    route.failed(),
                    route.http2(),
                    route.p50Micros() / 1e3,
                    route.p99Micros() / 1e3,
                    route.maxMicros() / 1e3));
        }
        RehearsalResult.Streams streams = result.streams();
        text.append(text(
                "\nstreams: %,d opened, %,d at most at a time, %,d left by their users, %,d ended by the cluster, "
                        + "%,d refused for a time, %,d gaps\n",
                streams.opened(),
                streams.mostOpen(),
                streams.left(),
                streams.ended(),
                streams.refused(),
                streams.gaps()));
        RehearsalResult.Deliveries deliveries = result.deliveries();
        text.append(
                deliveries.count() == 0
                        ? "deliveries: none\n"
                        : text(
                                "deliveries: %,d, p50 %.1f ms, p99 %.1f ms, maximum %.1f ms\n",
                                deliveries.count(),
                                deliveries.p50Micros() / 1e3,
                                deliveries.p99Micros() / 1e3,
                                deliveries.maxMicros() / 1e3));
        return text.append(
                        result.isGood()
                                ? "GOOD: no request failed\n"
                                : "NOT GOOD: " + String.join("; ", result.failures()) + "\n")
                .toString();
    }

    @SuppressWarnings("AnnotateFormatMethod") // Formats are literals; the annotation would need a dependency.
    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
