package dev.carillon.edge;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.xnio.XnioExecutor;

/**
 * Ends a response whose client receives less than {@code minBytes} of pending data in a period. It uses at most one timer, which is not
 * cancelled when no data is pending, as that changes with almost every write. On the connection's I/O thread only.
 */
final class StallTimer {
    private final XnioExecutor thread;
    private final long periodNanos;
    private final int minBytes;
    private final Runnable end;
    private XnioExecutor.@Nullable Key timer;
    private boolean pending;
    private long since;
    private long written;

    StallTimer(XnioExecutor thread, Duration period, int minBytes, Runnable end) {
        this.thread = thread;
        this.periodNanos = period.toNanos();
        this.minBytes = minBytes;
        this.end = end;
    }

    boolean isPending() {
        return pending;
    }

    void written(long bytes) {
        written += bytes;
    }

    /** Data is pending for the client. */
    void pending() {
        if (pending) {
            return;
        }
        pending = true;
        beginPeriod();
        if (timer == null) {
            start(periodNanos);
        }
    }

    /** No data is pending for the client. */
    void drained() {
        pending = false;
    }

    void stop() {
        pending = false;
        XnioExecutor.Key key = timer;
        timer = null;
        if (key != null) {
            key.remove();
        }
    }

    private void beginPeriod() {
        since = System.nanoTime();
        written = 0;
    }

    private void start(long nanos) {
        timer = thread.executeAfter(
                this::check, Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos)), TimeUnit.MILLISECONDS);
    }

    private void check() {
        timer = null;
        if (!pending) {
            return;
        }
        long left = periodNanos - (System.nanoTime() - since);
        if (left > 0) {
            start(left);
        } else if (written < minBytes) {
            pending = false;
            end.run();
        } else {
            beginPeriod();
            start(periodNanos);
        }
    }
}
