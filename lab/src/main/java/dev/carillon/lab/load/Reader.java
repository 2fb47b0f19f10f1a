package dev.carillon.lab.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.SingleWriterRecorder;

/**
 * A thread that reads a part of the connections of a {@link Fanout}. Per event it allocates nothing: it counts, checks the sequence and records the
 * latency.
 */
final class Reader {
    /** One hour in microseconds, the maximum length of a run. */
    static final long MAX_MICROS = 3_600_000_000L;

    private static final int BUFFER_BYTES = 256 * 1024;
    private static final int DECOMPRESSED_BYTES = 64 * 1024;
    private static final long SELECT_MILLIS = 20;
    private static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long MAX_REMAINING_READ_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int MAX_PENDING_CONNECTS = 256;

    final FanoutPlan plan;
    final RunCounters counts;
    final byte[] decompressed = new byte[DECOMPRESSED_BYTES];
    /** Latencies in microseconds. */
    final SingleWriterRecorder latencies = new SingleWriterRecorder(1, MAX_MICROS, 3);

    private final List<SubscriberConnection> subscribers = new ArrayList<>();
    private final Runnable afterDeliveries;
    private final Selector selector;
    private final Thread thread;
    /** On the heap, because scanners need an array; the JDK reads through a direct buffer of the thread. */
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);

    private final PayloadHeader header = new PayloadHeader();
    private final AtomicLong idleNanos = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private int next;
    private int connecting;
    private long readNanos;
    private long wokeNanos;
    private long batch;
    private long foreign;
    private int closedByNodes;
    private volatile boolean closing;

    /**
     * @param number number of the thread, from 0; it reads the connections whose number modulo the number of threads is this
     * @param afterDeliveries called after a batch of deliveries; must not block
     */
    Reader(int number, FanoutPlan plan, RunCounters counts, Runnable afterDeliveries) {
        this.plan = plan;
        this.counts = counts;
        this.afterDeliveries = afterDeliveries;
        for (int i = number;
                i < plan.listening().connections();
                i += plan.listening().threads()) {
            subscribers.add(new SubscriberConnection(i, this));
        }
        try {
            this.selector = Selector.open();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.thread = Thread.ofPlatform().daemon().name("reader-" + number).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Closes all connections and blocks until the thread has ended; then the other methods return the results of the whole run. */
    void stop() throws InterruptedException {
        closing = true;
        selector.wakeup();
        thread.join();
    }

    /** Time that it has waited for data; may be called on other threads. */
    long idleNanos() {
        return idleNanos.get();
    }

    long bytes() {
        return bytes.get();
    }

    List<SubscriberConnection> subscribers() {
        return subscribers;
    }

    /** Number of events of another topic. */
    long foreign() {
        return foreign;
    }

    /** Number of stalled connections that the nodes closed. */
    int closedByNodes() {
        return closedByNodes;
    }

    private void run() {
        try {
            while (!closing) {
                connectSome();
                long before = System.nanoTime();
                wokeNanos = 0;
                selector.select(this::serve, SELECT_MILLIS);
                idleNanos.lazySet(idleNanos.get() + (wokeNanos == 0 ? System.nanoTime() : wokeNanos) - before);
                if (batch > 0) {
                    counts.deliveries.addAndGet(batch);
                    batch = 0;
                    afterDeliveries.run();
                }
            }
            List<SubscriberConnection> stalled =
                    subscribers.stream().filter(SubscriberConnection::isStalled).toList();
            readRemaining(stalled);
            closedByNodes = (int) stalled.stream()
                    .filter(SubscriberConnection::wasClosedByNode)
                    .count();
            subscribers.forEach(SubscriberConnection::close);
            selector.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads stalled connections until there was no data for a while. */
    private void readRemaining(List<SubscriberConnection> stalled) {
        long limit = System.nanoTime() + MAX_REMAINING_READ_NANOS;
        long quietSince = System.nanoTime();
        while (!stalled.isEmpty() && System.nanoTime() < limit && System.nanoTime() - quietSince < QUIET_NANOS) {
            boolean progress = false;
            for (SubscriberConnection subscriber : stalled) {
                progress |= subscriber.readRemaining(buffer);
            }
            if (progress) {
                quietSince = System.nanoTime();
            } else {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
            }
        }
    }

    private void connectSome() {
        int max = Math.max(1, MAX_PENDING_CONNECTS / plan.listening().threads());
        while (connecting < max && next < subscribers.size()) {
            connecting++;
            subscribers.get(next++).connect(selector);
        }
    }

    private void serve(SelectionKey key) {
        long now = System.nanoTime();
        if (wokeNanos == 0) {
            wokeNanos = now;
        }
        ((SubscriberConnection) key.attachment()).ready(key, buffer);
    }

    // Called by the connections, on this thread.

    void bytesRead(int n) {
        readNanos = counts.nanos();
        bytes.lazySet(bytes.get() + n);
    }

    void opened(SubscriberConnection subscriber, boolean stalled) {
        connecting--;
        if (stalled) {
            counts.stalledOpen.incrementAndGet();
        } else {
            counts.subscribers.incrementAndGet(subscriber.topic);
        }
        counts.open.incrementAndGet();
    }

    void event(SubscriberConnection subscriber, byte[] bytes, int from, int to) {
        if (!header.read(bytes, from, to) || header.run != counts.run) {
            return;
        }
        if (header.topic != subscriber.topic
                || header.connection >= plan.broadcasting().window()) {
            foreign++;
            return;
        }
        if (subscriber.deliveries.record((int) header.connection, header.sequence)) {
            batch++;
            if (header.nanos >= counts.recordFromNanos) {
                latencies.recordValue(Math.clamp((readNanos - header.nanos) / 1_000, 0, MAX_MICROS));
            }
        }
    }

    void ended(SubscriberConnection subscriber, boolean wasOpen, boolean stalled, String reason) {
        counts.connectionEnded(FanoutPlan.Listening.url(plan.listening().node(subscriber.number)) + ": " + reason);
        if (!wasOpen) {
            connecting--;
            counts.failed.incrementAndGet();
            return;
        }
        counts.open.decrementAndGet();
        if (!stalled) {
            counts.subscribers.decrementAndGet(subscriber.topic);
            counts.ended.incrementAndGet();
        }
    }
}
