package dev.carillon.edge;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.XnioExecutor;

/**
 * Ends a writer whose client takes less than {@code minBytes} of what waits for it in each period. One timer at the most; it is left to
 * run out when nothing waits any more, since that changes with almost every write. On the I/O thread of the connection only.
 */
final class Stall {
    private final XnioExecutor thread;
    private final long periodNanos;
    private final int minBytes;
    private final Runnable end;
    private XnioExecutor.@Nullable Key timer;
    private boolean waiting;
    private long since;
    private long taken;

    Stall(XnioExecutor thread, Duration period, int minBytes, Runnable end) {
        this.thread = thread;
        this.periodNanos = period.toNanos();
        this.minBytes = minBytes;
        this.end = end;
    }

    boolean isWaiting() {
        return waiting;
    }

    void taken(long bytes) {
        taken += bytes;
    }

    /** Something waits for the client. */
    void waits() {
        if (waiting) {
            return;
        }
        waiting = true;
        begin();
        if (timer == null) {
            start(periodNanos);
        }
    }

    /** Nothing waits for the client. */
    void free() {
        waiting = false;
    }

    void stop() {
        waiting = false;
        XnioExecutor.Key key = timer;
        timer = null;
        if (key != null) {
            key.remove();
        }
    }

    private void begin() {
        since = System.nanoTime();
        taken = 0;
    }

    private void start(long nanos) {
        timer = thread.executeAfter(
                this::look, Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos)), TimeUnit.MILLISECONDS);
    }

    private void look() {
        timer = null;
        if (!waiting) {
            return;
        }
        long left = periodNanos - (System.nanoTime() - since);
        if (left > 0) {
            start(left);
        } else if (taken < minBytes) {
            waiting = false;
            end.run();
        } else {
            begin();
            start(periodNanos);
        }
    }
}
