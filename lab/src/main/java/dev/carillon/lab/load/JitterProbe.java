package dev.carillon.lab.load;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/** Measures scheduling jitter: a thread that parks for 10 ms at a time and records how late it wakes up. */
final class JitterProbe {
    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final Histogram lateMicros = new Histogram(1, Reader.MAX_MICROS, 3);
    private final Thread thread = Thread.ofPlatform().daemon().name("jitter").unstarted(this::run);
    private volatile boolean stopping;

    void start() {
        thread.start();
    }

    /** Stops the thread; returns the delays in microseconds. */
    Histogram stop() throws InterruptedException {
        stopping = true;
        thread.join();
        return lateMicros;
    }

    private void run() {
        while (!stopping) {
            long due = System.nanoTime() + STEP_NANOS;
            for (long remaining = STEP_NANOS; remaining > 0; remaining = due - System.nanoTime()) {
                LockSupport.parkNanos(remaining);
            }
            lateMicros.recordValue(Math.min((System.nanoTime() - due) / 1_000, Reader.MAX_MICROS));
        }
    }
}
