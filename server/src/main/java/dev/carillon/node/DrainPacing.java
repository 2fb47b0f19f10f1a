package dev.carillon.node;

import dev.carillon.base.CloseReason;
import dev.carillon.fanout.FanOut;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * Ends the streams of a node. Each client gets a random reconnect delay, so that clients do not all reconnect at once.
 *
 * @param clientsPerSecond rate at which the other nodes take the clients of this one; 0: no rate, all the time is used
 */
record DrainPacing(FanOut fanOut, LongSupplier nanoTime, RandomGenerator random, IntSupplier clientsPerSecond) {
    private static final int MAX_DELAY_MILLIS = 3_000;
    /** When the ends of streams are themselves spread over time, a short delay is enough. */
    static final int SPREAD_MAX_DELAY_MILLIS = 1_000;

    /** When another process already listens on the same port, a client need not wait. */
    static final int HAND_OVER_MAX_DELAY_MILLIS = 200;

    private static final long STEP_MILLIS = 100;
    private static final double STEPS_PER_SECOND = 1_000.0 / STEP_MILLIS;

    /** Ends all streams now. */
    void endAll() {
        fanOut.endAll(CloseReason.STOPPING, () -> delayMillis(MAX_DELAY_MILLIS));
    }

    /**
     * Ends the streams one after the other: at {@link #clientsPerSecond}, or faster if the time would not suffice. Blocks until no stream is left,
     * the time is over or the latch opens.
     *
     * @param endNanos end of the time, by the clock of this class
     * @param maxDelayMillis bound of the reconnect delays
     * @param abort latch that ends the wait
     */
    void endSpread(long endNanos, int maxDelayMillis, CountDownLatch abort) throws InterruptedException {
        int connections = fanOut.connectionCount();
        while (connections > 0) {
            double stepsLeft = (double) (endNanos - nanoTime.getAsLong()) / TimeUnit.MILLISECONDS.toNanos(STEP_MILLIS);
            if (stepsLeft <= 0) {
                return;
            }
            double byTime = 1 / Math.max(1, stepsLeft);
            double byRate = clientsPerSecond.getAsInt() / STEPS_PER_SECOND / connections;
            fanOut.endShare(
                    CloseReason.DRAINING, Math.min(1, Math.max(byTime, byRate)), () -> delayMillis(maxDelayMillis));
            if (abort.await(STEP_MILLIS, TimeUnit.MILLISECONDS)) {
                return;
            }
            connections = fanOut.connectionCount();
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
