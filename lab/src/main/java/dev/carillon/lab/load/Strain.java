package dev.carillon.lab.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How much the load generator itself had to do. Beyond some point its figures are of itself, and not of the nodes.
 *
 * @param readersBusy share of the time, 0 to 1, in which the busiest of the reading threads did not wait
 * @param publisherBusy the same of the thread that broadcasts
 * @param lateP99Micros how late a broadcast was by its own fault, with a connection at hand: 99th percentile
 * @param heartbeatP99Micros how late the machine lets a thread run, 99th percentile
 * @param heartbeatMaxMicros the same at the worst
 */
public record Strain(
        double readersBusy,
        double publisherBusy,
        long lateP99Micros,
        long heartbeatP99Micros,
        long heartbeatMaxMicros) {
    private static final double MAX_BUSY = 0.85;
    private static final long MAX_LATE_MICROS = 10_000;
    private static final long MAX_HEARTBEAT_P99_MICROS = 20_000;
    private static final long MAX_HEARTBEAT_MICROS = 200_000;

    /** Why a run is not valid; empty: it is. */
    public List<String> reasons() {
        List<String> reasons = new ArrayList<>();
        if (readersBusy > MAX_BUSY) {
            reasons.add("its reading threads were busy for " + percent(readersBusy) + " of the time (at most "
                    + percent(MAX_BUSY) + "): give it more processors and --threads, or less to read");
        }
        if (publisherBusy > MAX_BUSY) {
            reasons.add("its broadcasting thread was busy for " + percent(publisherBusy) + " of the time (at most "
                    + percent(MAX_BUSY) + "): lower the rate");
        }
        late(reasons, "it was late to broadcast, 99th percentile", lateP99Micros, MAX_LATE_MICROS);
        late(
                reasons,
                "the machine let its threads wait, 99th percentile",
                heartbeatP99Micros,
                MAX_HEARTBEAT_P99_MICROS);
        late(reasons, "the machine let its threads wait, at the worst", heartbeatMaxMicros, MAX_HEARTBEAT_MICROS);
        return reasons;
    }

    private static void late(List<String> reasons, String what, long micros, long most) {
        if (micros > most) {
            reasons.add(what + ": " + micros / 1_000 + " ms (at most " + most / 1_000 + " ms)");
        }
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.0f %%", share * 100);
    }
}
