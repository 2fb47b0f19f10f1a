package dev.carillon.page.http;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;

/** A body that tells how much of it was read: in steps of one percent, and at most five times a second. For one thread. */
final class UploadProgress extends FilterInputStream {
    private static final long PAUSE_NANOS = Duration.ofMillis(200).toNanos();
    private static final int ALL = 100;

    private final long total;
    private final LongSupplier nanoTime;
    private IntConsumer listener = percent -> {};
    private long read;
    private int told;
    private long toldNanos;

    /** @param total negative: unknown */
    UploadProgress(InputStream body, long total, LongSupplier nanoTime) {
        this(body, total, 0, nanoTime);
    }

    /** @param before number of bytes that another node has read */
    UploadProgress(InputStream body, long total, long before, LongSupplier nanoTime) {
        super(body);
        this.read = before;
        this.total = total;
        this.nanoTime = nanoTime;
        this.toldNanos = nanoTime.getAsLong() - PAUSE_NANOS;
    }

    /** Negative: unknown. */
    long total() {
        return total;
    }

    /** Number of bytes. */
    long received() {
        return read;
    }

    /** The next step is reported at once. */
    void tell(IntConsumer percents) {
        listener = percents;
        toldNanos = nanoTime.getAsLong() - PAUSE_NANOS;
    }

    /** The last percent is reported by {@link #end}. */
    private void count(long bytes) {
        read += bytes;
        if (total <= 0) {
            return;
        }
        int percent = (int) Math.min(ALL - 1, read * ALL / total);
        long now = nanoTime.getAsLong();
        if (percent > told && now - toldNanos >= PAUSE_NANOS) {
            told = percent;
            toldNanos = now;
            listener.accept(percent);
        }
    }

    /** All has been read. */
    void end() {
        listener.accept(ALL);
    }

    @Override
    public int read() throws IOException {
        int b = super.read();
        count(b < 0 ? 0 : 1);
        return b;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        int count = super.read(into, offset, length);
        count(Math.max(0, count));
        return count;
    }
}
