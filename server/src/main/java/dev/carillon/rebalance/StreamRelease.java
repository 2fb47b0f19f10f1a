package dev.carillon.rebalance;

import dev.carillon.base.CloseReason;
import dev.carillon.base.Platform;
import dev.carillon.fanout.FanOut;
import io.micrometer.core.instrument.Counter;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends streams of this node at a steady rate, each with a short reconnect delay of its own. They are chosen at random, so that all kinds of streams and
 * connections of any age are among them. It ends by itself when the node drains or the broker is unavailable. Thread-safe; never blocks.
 */
final class StreamRelease {
    static final long STEP_MILLIS = 100;
    /** Bound of the reconnect delays. */
    static final int MAX_DELAY_MILLIS = 1_000;

    private static final double STEP_SECONDS = STEP_MILLIS / 1_000.0;
    private static final Logger LOGGER = LoggerFactory.getLogger(StreamRelease.class);

    private final FanOut fanOut;
    private final BounceWindow window;
    private final BooleanSupplier allowed;
    private final Counter released;
    private final Platform platform;
    // Below: guarded by this.
    private ReleaseState state = new ReleaseState.Idle();
    private boolean scheduled;

    /**
     * @param allowed whether clients may be released now
     * @param released counts the streams
     */
    StreamRelease(FanOut fanOut, BounceWindow window, BooleanSupplier allowed, Counter released, Platform platform) {
        this.fanOut = fanOut;
        this.window = window;
        this.allowed = allowed;
        this.released = released;
        this.platform = platform;
    }

    /**
     * Begins to release streams, instead of those that are still to be released.
     *
     * @param count 0: stops
     * @param rate streams per second
     * @return how many it will release at most
     */
    synchronized int begin(int count, int rate) {
        if (count == 0 || !allowed.getAsBoolean()) {
            state = new ReleaseState.Idle();
            window.close();
            return 0;
        }
        state = new ReleaseState.Releasing(count, rate, 0);
        schedule();
        return count;
    }

    private synchronized void schedule() {
        if (!scheduled && state instanceof ReleaseState.Releasing) {
            scheduled = true;
            ScheduledFuture<?> _ = platform.timer().schedule(this::step, STEP_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void step() {
        int due = due();
        if (due > 0) {
            // First, as a client may be back at once.
            window.add(due);
            RandomGenerator random = platform.random();
            CompletionStage<Void> _ = fanOut.endSome(
                            CloseReason.REBALANCED, due, () -> random.nextInt(MAX_DELAY_MILLIS), random)
                    .thenAccept(released::increment);
        }
        schedule();
    }

    private synchronized int due() {
        scheduled = false;
        if (!(state instanceof ReleaseState.Releasing releasing)) {
            return 0;
        }
        if (!allowed.getAsBoolean()) {
            LOGGER.atInfo()
                    .addKeyValue("remaining", releasing.remaining())
                    .log("the release of streams ends: the node drains, or its broker is unavailable");
            state = new ReleaseState.Idle();
            window.close();
            return 0;
        }
        state = releasing.after(STEP_SECONDS);
        return releasing.due(STEP_SECONDS);
    }
}
