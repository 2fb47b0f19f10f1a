package dev.carillon.cli.logging;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes log lines to a stream on a thread of its own, so that no thread that logs waits for the reader of the stream. Thread-safe.
 *
 * <p>At most {@value #MAX_LINES} lines and {@value #MAX_BYTES} bytes wait. The policy when they are full is <em>drop the newest</em>; lines below
 * the level of a warning are dropped from three quarters of that on, so that warnings still fit. Dropped lines are counted, and their number is
 * logged once the reader reads again.
 */
final class LogWriter {
    static final int MAX_LINES = 8_192;
    static final int MAX_BYTES = 4 * 1024 * 1024;

    private static final Duration REPORT_INTERVAL = Duration.ofSeconds(10);
    private static final Duration FLUSH_TIMEOUT = Duration.ofSeconds(1);
    private static final Logger LOGGER = LoggerFactory.getLogger(LogWriter.class);

    private final OutputStream to;
    private final BlockingQueue<byte[]> lines = new ArrayBlockingQueue<>(MAX_LINES);
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    /** Notified when no line waits. */
    private final Object written = new Object();
    /** Lines that were queued and are not written yet. Guarded by {@link #written}. */
    private long waiting;

    // Accessed by the thread that writes only.
    private long reported;
    private long reportedNanos;

    /** The writer of standard error. Not {@link System#err}, whose lock a blocked write would hold. */
    static LogWriter standardError() {
        return StandardError.WRITER;
    }

    /** Created on first use, as it starts a thread. */
    private static final class StandardError {
        static final LogWriter WRITER = new LogWriter(new FileOutputStream(FileDescriptor.err));

        static {
            Runtime.getRuntime()
                    .addShutdownHook(
                            Thread.ofPlatform().name("carillon-log-flush").unstarted(WRITER::flush));
        }
    }

    /** @param to is written to by a daemon thread, which starts now */
    LogWriter(OutputStream to) {
        this.to = to;
        this.reportedNanos = System.nanoTime() - REPORT_INTERVAL.toNanos();
        Thread _ = Thread.ofPlatform().daemon().name("carillon-log").start(this::run);
    }

    /**
     * Queues a line, or drops it. Never blocks.
     *
     * @param urgent whether the line is a warning or an error
     */
    void write(byte[] line, boolean urgent) {
        if (!urgent && (lines.remainingCapacity() < MAX_LINES / 4 || bytes.get() > MAX_BYTES / 4 * 3L)) {
            dropped.incrementAndGet();
            return;
        }
        if (bytes.addAndGet(line.length) > MAX_BYTES) {
            bytes.addAndGet(-line.length);
            dropped.incrementAndGet();
            return;
        }
        count(1);
        if (!lines.offer(line)) {
            bytes.addAndGet(-line.length);
            dropped.incrementAndGet();
            count(-1);
        }
    }

    /** Number of lines that were not written. */
    long dropped() {
        return dropped.get();
    }

    /** Waits until all queued lines are written, at most a second: the reader may have stopped reading. */
    void flush() {
        long end = System.nanoTime() + FLUSH_TIMEOUT.toNanos();
        synchronized (written) {
            long left = FLUSH_TIMEOUT.toNanos();
            while (waiting > 0 && left > 0) {
                try {
                    TimeUnit.NANOSECONDS.timedWait(written, left);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
                left = end - System.nanoTime();
            }
        }
    }

    private void count(int change) {
        synchronized (written) {
            waiting += change;
            if (waiting == 0) {
                written.notifyAll();
            }
        }
    }

    private void run() {
        while (true) {
            byte[] line;
            try {
                line = next();
            } catch (InterruptedException e) {
                return;
            }
            if (line != null) {
                write(line);
            }
            if (lines.isEmpty()) {
                report();
            }
        }
    }

    /** The next line; null: none came for a while, in which unreported drops are to be reported. */
    private byte @Nullable [] next() throws InterruptedException {
        return dropped.get() == reported ? lines.take() : lines.poll(1, TimeUnit.SECONDS);
    }

    private void write(byte[] line) {
        try {
            to.write(line);
        } catch (IOException e) {
            // The stream is closed: there is nowhere to report that.
            dropped.incrementAndGet();
        }
        bytes.addAndGet(-line.length);
        count(-1);
    }

    private void report() {
        long total = dropped.get();
        long now = System.nanoTime();
        if (total == reported || now - reportedNanos < REPORT_INTERVAL.toNanos()) {
            return;
        }
        LOGGER.atWarn()
                .addKeyValue("lines", total - reported)
                .log("log lines were dropped: standard error was not read fast enough");
        reported = total;
        reportedNanos = now;
    }
}
