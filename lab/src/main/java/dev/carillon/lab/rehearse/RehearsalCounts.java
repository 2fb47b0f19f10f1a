package dev.carillon.lab.rehearse;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** What all users of a rehearsal share: counts, and its end. Thread-safe. */
final class RehearsalCounts {
    private static final long MAX_MICROS = 600_000_000;

    final RouteTimes routes = new RouteTimes();
    private final CountDownLatch end = new CountDownLatch(1);
    // Guarded by this.
    private final Histogram deliveries = new Histogram(1, MAX_MICROS, 3);
    private long opened;
    private int open;
    private int mostOpen;
    private long left;
    private long ended;
    private long refused;
    private long gaps;

    void end() {
        end.countDown();
    }

    boolean isEnded() {
        return end.getCount() == 0;
    }

    /** Waits; returns whether the rehearsal goes on. */
    boolean await(double seconds) throws InterruptedException {
        return !end.await(Math.round(seconds * 1e6), TimeUnit.MICROSECONDS);
    }

    synchronized void opened() {
        opened++;
        open++;
        mostOpen = Math.max(mostOpen, open);
    }

    /** @param byUser whether its user ended the stream */
    synchronized void closed(boolean byUser) {
        open--;
        if (byUser) {
            left++;
        } else {
            ended++;
        }
    }

    /** An answer 200 ended before its stream opened. */
    synchronized void refused() {
        refused++;
    }

    synchronized void gap() {
        gaps++;
    }

    synchronized void delivered(long nanos) {
        deliveries.recordValue(Math.clamp(nanos / 1_000, 1, MAX_MICROS));
    }

    synchronized int open() {
        return open;
    }

    synchronized RehearsalResult.Streams streams() {
        return new RehearsalResult.Streams(opened, mostOpen, left, ended, refused, gaps);
    }

    synchronized RehearsalResult.Deliveries deliveries() {
        return new RehearsalResult.Deliveries(
                deliveries.getTotalCount(),
                deliveries.getValueAtPercentile(50),
                deliveries.getValueAtPercentile(99),
                deliveries.getMaxValue());
    }
}
