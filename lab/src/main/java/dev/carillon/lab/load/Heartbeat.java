package dev.carillon.lab.load;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/** A thread that wants to wake every 10 ms, and sees how much later the machine lets it: nothing else here runs sooner. */
final class Heartbeat {
    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final Histogram lateMicros = new Histogram(1, Reader.MAX_MICROS, 3);
    private final Thread thread = Thread.ofPlatform().daemon().name("heartbeat").unstarted(this::run);
    private volatile boolean stopping;

    void start() {
        thread.start();
    }

    /** Ends it; returns by how much it was late, in microseconds. */
    Histogram stop() throws InterruptedException {
        stopping = true;
        thread.join();
        return lateMicros;
    }

    private void run() {
        while (!stopping) {
            long due = System.nanoTime() + STEP_NANOS;
            for (long left = STEP_NANOS; left > 0; left = due - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
            lateMicros.recordValue(Math.min((System.nanoTime() - due) / 1_000, Reader.MAX_MICROS));
        }
    }
}
