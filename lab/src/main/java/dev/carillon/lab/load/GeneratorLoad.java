package dev.carillon.lab.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Load of the load generator itself. Above these limits a run measures the generator and not the nodes.
 *
 * @param readersBusy share of the time, 0 to 1, that the busiest reader thread did not wait
 * @param publisherBusy share of the time that the publisher thread did not wait
 * @param lateP99Micros delay of broadcasts that the publisher thread caused, 99th percentile
 * @param jitterP99Micros scheduling jitter of the machine, 99th percentile
 * @param jitterMaxMicros scheduling jitter of the machine, maximum
 */
public record GeneratorLoad(
        double readersBusy, double publisherBusy, long lateP99Micros, long jitterP99Micros, long jitterMaxMicros) {
    private static final double MAX_BUSY = 0.85;
    private static final long MAX_LATE_MICROS = 10_000;
    private static final long MAX_JITTER_P99_MICROS = 20_000;
    private static final long MAX_JITTER_MICROS = 200_000;

    /** Reasons for which a run is not valid; empty if it is valid. */
    public List<String> reasons() {
        List<String> reasons = new ArrayList<>();
        if (readersBusy > MAX_BUSY) {
            reasons.add("a reader thread was busy for " + percent(readersBusy) + " of the time (limit "
                    + percent(MAX_BUSY) + "): use more processors and --threads, or fewer connections");
        }
        if (publisherBusy > MAX_BUSY) {
            reasons.add("the publisher thread was busy for " + percent(publisherBusy) + " of the time (limit "
                    + percent(MAX_BUSY) + "): lower the rate");
        }
        late(reasons, "delay of broadcasts by the load generator, 99th percentile", lateP99Micros, MAX_LATE_MICROS);
        late(reasons, "scheduling jitter of the machine, 99th percentile", jitterP99Micros, MAX_JITTER_P99_MICROS);
        late(reasons, "scheduling jitter of the machine, maximum", jitterMaxMicros, MAX_JITTER_MICROS);
        return reasons;
    }

    private static void late(List<String> reasons, String name, long micros, long max) {
        if (micros > max) {
            reasons.add(name + ": " + micros / 1_000 + " ms (limit " + max / 1_000 + " ms)");
        }
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.0f %%", share * 100);
    }
}
