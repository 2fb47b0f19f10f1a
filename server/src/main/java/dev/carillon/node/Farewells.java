package dev.carillon.node;

import dev.carillon.fanout.FanOut;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** Ends the streams of a node that leaves, each with a delay of its own after which its client comes back. */
record Farewells(FanOut fanOut) {
    private static final int MAX_MILLIS = 3_000;
    /** Ends that are spread already: who is let go shall be back soon. */
    private static final int SPREAD_MAX_MILLIS = 1_000;

    private static final long STEP_MILLIS = 100;

    /** To all at once. */
    void toAll() {
        fanOut.endAll(() -> delay(MAX_MILLIS));
    }

    /**
     * To one after the other; blocks until no stream is left, or the time is over.
     *
     * @param endNanos when it is over, of {@link System#nanoTime()}
     * @param hurry cuts it short
     */
    void spread(long endNanos, CountDownLatch hurry) throws InterruptedException {
        while (fanOut.connectionCount() > 0) {
            double stepsLeft = (double) (endNanos - System.nanoTime()) / TimeUnit.MILLISECONDS.toNanos(STEP_MILLIS);
            if (stepsLeft <= 0) {
                return;
            }
            fanOut.endShare(1 / Math.max(1, stepsLeft), () -> delay(SPREAD_MAX_MILLIS));
            if (hurry.await(STEP_MILLIS, TimeUnit.MILLISECONDS)) {
                return;
            }
        }
    }

    /** For one that is to be back soon. */
    static int soon() {
        return delay(SPREAD_MAX_MILLIS);
    }

    private static int delay(int maxMillis) {
        return ThreadLocalRandom.current().nextInt(maxMillis);
    }
}
