package dev.carillon.node;

import dev.carillon.base.CloseReason;
import dev.carillon.fanout.FanOut;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/** Ends the streams of a node. Each client gets a random reconnect delay, so that clients do not all reconnect at once. */
record DrainPacing(FanOut fanOut, LongSupplier nanoTime, RandomGenerator random) {
    private static final int MAX_DELAY_MILLIS = 3_000;
    /** When the ends of streams are themselves spread over time, a short delay is enough. */
    private static final int SPREAD_MAX_DELAY_MILLIS = 1_000;

    private static final long STEP_MILLIS = 100;

    /** Ends all streams now. */
    void endAll() {
        fanOut.endAll(CloseReason.STOPPING, () -> delayMillis(MAX_DELAY_MILLIS));
    }

    /**
     * Ends the streams one after the other. Blocks until no stream is left, the time is over or the latch opens.
     *
     * @param endNanos end of the time, by the clock of this class
     * @param abort latch that ends the wait
     */
    void endSpread(long endNanos, CountDownLatch abort) throws InterruptedException {
        while (fanOut.connectionCount() > 0) {
            double stepsLeft = (double) (endNanos - nanoTime.getAsLong()) / TimeUnit.MILLISECONDS.toNanos(STEP_MILLIS);
            if (stepsLeft <= 0) {
                return;
            }
            fanOut.endShare(CloseReason.DRAINING, 1 / Math.max(1, stepsLeft), this::shortDelayMillis);
            if (abort.await(STEP_MILLIS, TimeUnit.MILLISECONDS)) {
                return;
            }
        }
    }

    /** Reconnect delay for a single client. */
    int shortDelayMillis() {
        return delayMillis(SPREAD_MAX_DELAY_MILLIS);
    }

    private int delayMillis(int maxMillis) {
        return random.nextInt(maxMillis);
    }
}
