package dev.carillon.console;

import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import java.util.concurrent.TimeUnit;

/** Percentiles of what a timer recorded since the last reading, from its buckets: between two bounds they are interpolated. For one thread. */
final class Percentiles {
    private double[] before = new double[0];
    private double[] bounds = new double[0];
    /** How many were recorded up to each bound since the last reading. */
    private double[] recent = new double[0];

    private double total;
    private double totalBefore;

    /** Reads the timer, whose counts are cumulative. */
    void read(Timer timer) {
        HistogramSnapshot snapshot = timer.takeSnapshot();
        CountAtBucket[] buckets = snapshot.histogramCounts();
        boolean first = buckets.length != before.length;
        double[] now = new double[buckets.length];
        bounds = new double[buckets.length];
        recent = new double[buckets.length];
        for (int i = 0; i < buckets.length; i++) {
            now[i] = buckets[i].count();
            bounds[i] = buckets[i].bucket(TimeUnit.MICROSECONDS) / 1e3;
            recent[i] = first ? 0 : Math.max(0, now[i] - before[i]);
        }
        total = first ? 0 : snapshot.count() - totalBefore;
        before = now;
        totalBefore = snapshot.count();
    }

    /**
     * Milliseconds; NaN if nothing was recorded. Above the last bound: that bound.
     *
     * @param q from 0 to 1
     */
    float at(double q) {
        if (total <= 0 || bounds.length == 0) {
            return Float.NaN;
        }
        double wanted = q * total;
        double lowerBound = 0;
        double lowerCount = 0;
        for (int i = 0; i < bounds.length; i++) {
            if (recent[i] >= wanted && recent[i] > lowerCount) {
                double share = (wanted - lowerCount) / (recent[i] - lowerCount);
                return (float) (lowerBound + Math.max(0, share) * (bounds[i] - lowerBound));
            }
            lowerBound = bounds[i];
            lowerCount = recent[i];
        }
        return (float) lowerBound;
    }
}
