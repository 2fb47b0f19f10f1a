package dev.carillon.node;

import dev.carillon.base.CloseReason;
import dev.carillon.fanout.FanOut;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/** Ends the streams of a node that leaves, each with a delay of its own after which its client comes back. */
record Farewells(FanOut fanOut, LongSupplier nanoTime, RandomGenerator random) {
    private static final int MAX_MILLIS = 3_000;
    /** Ends that are spread already: who is let go shall be back soon. */
    private static final int SPREAD_MAX_MILLIS = 1_000;

    private static final long STEP_MILLIS = 100;

    /** To all at once. */
    void toAll() {
        fanOut.endAll(CloseReason.STOPPING, () -> delay(MAX_MILLIS));
    }

    /**
     * To one after the other; blocks until no stream is left, or the time is over.
     *
     * @param endNanos when it is over, by the same clock
     * @param hurry cuts it short
     */
    void spread(long endNanos, CountDownLatch hurry) throws InterruptedException {
        while (fanOut.connectionCount() > 0) {
            double stepsLeft = (double) (endNanos - nanoTime.getAsLong()) / TimeUnit.MILLISECONDS.toNanos(STEP_MILLIS);
            if (stepsLeft <= 0) {
                return;
            }
            fanOut.endShare(CloseReason.DRAINING, 1 / Math.max(1, stepsLeft), () -> delay(SPREAD_MAX_MILLIS));
            if (hurry.await(STEP_MILLIS, TimeUnit.MILLISECONDS)) {
                return;
            }
        }
    }

    /** For a client that is to be back soon. */
    int soon() {
        return delay(SPREAD_MAX_MILLIS);
    }

    private int delay(int maxMillis) {
        return random.nextInt(maxMillis);
    }
}
