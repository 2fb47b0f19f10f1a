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
 * A thread that reads some of a {@link Fanout}'s connections. For an event it allocates nothing: it counts, checks the sequence and records
 * the latency.
 */
final class Reader {
    /** An hour in microseconds: no run is longer. */
    static final long MAX_MICROS = 3_600_000_000L;

    private static final int BUFFER_BYTES = 256 * 1024;
    private static final int UNPACKED_BYTES = 64 * 1024;
    private static final long SELECT_MILLIS = 20;
    private static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long LONGEST_READING_ON_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int CONNECTS_UNDER_WAY = 256;

    final FanoutPlan plan;
    final Counts counts;
    final byte[] unpacked = new byte[UNPACKED_BYTES];
    /** In microseconds. */
    final SingleWriterRecorder latencies = new SingleWriterRecorder(1, MAX_MICROS, 3);

    private final List<Listener> listeners = new ArrayList<>();
    private final Runnable afterDeliveries;
    private final Selector selector;
    private final Thread thread;
    /** On the heap, so that scanners see an array; the system reads into a direct one that the JDK keeps for each thread. */
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);

    private final Stamp stamp = new Stamp();
    private final AtomicLong idleNanos = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private int next;
    private int connecting;
    private long readNanos;
    private long wokeNanos;
    private long batch;
    private long foreign;
    private int cut;
    private volatile boolean closing;

    /**
     * @param number from 0: it has every connection whose number is that, modulo the number of threads
     * @param afterDeliveries called after some; must not hold it up
     */
    Reader(int number, FanoutPlan plan, Counts counts, Runnable afterDeliveries) {
        this.plan = plan;
        this.counts = counts;
        this.afterDeliveries = afterDeliveries;
        for (int i = number;
                i < plan.listening().connections();
                i += plan.listening().threads()) {
            listeners.add(new Listener(i, this));
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

    /** All its connections leave; returns when they have. Then its other methods tell of the whole run. */
    void stop() throws InterruptedException {
        closing = true;
        selector.wakeup();
        thread.join();
    }

    /** How long it waited for something to read, since it began; may be asked from other threads. */
    long idleNanos() {
        return idleNanos.get();
    }

    long bytes() {
        return bytes.get();
    }

    List<Listener> listeners() {
        return listeners;
    }

    /** Events with the stamp of another topic. */
    long foreign() {
        return foreign;
    }

    /** How many of the stalled connections the node had cut off. */
    int cut() {
        return cut;
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
            List<Listener> stalled = listeners.stream().filter(Listener::stalls).toList();
            readOn(stalled);
            cut = (int) stalled.stream().filter(Listener::wasCut).count();
            listeners.forEach(Listener::leave);
            selector.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Until nothing comes for a while. */
    private void readOn(List<Listener> stalled) {
        long limit = System.nanoTime() + LONGEST_READING_ON_NANOS;
        long quietSince = System.nanoTime();
        while (!stalled.isEmpty() && System.nanoTime() < limit && System.nanoTime() - quietSince < QUIET_NANOS) {
            boolean came = false;
            for (Listener listener : stalled) {
                came |= listener.readOn(buffer);
            }
            if (came) {
                quietSince = System.nanoTime();
            } else {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
            }
        }
    }

    private void connectSome() {
        int most = Math.max(1, CONNECTS_UNDER_WAY / plan.listening().threads());
        while (connecting < most && next < listeners.size()) {
            connecting++;
            listeners.get(next++).connect(selector);
        }
    }

    private void serve(SelectionKey key) {
        long now = System.nanoTime();
        if (wokeNanos == 0) {
            wokeNanos = now;
        }
        ((Listener) key.attachment()).ready(key, buffer);
    }

    // What its connections tell, on its thread.

    void hadBytes(int n) {
        readNanos = counts.nanos();
        bytes.lazySet(bytes.get() + n);
    }

    void opened(Listener listener, boolean stalls) {
        connecting--;
        if (stalls) {
            counts.stalledOpen.incrementAndGet();
        } else {
            counts.members.incrementAndGet(listener.topic);
        }
        counts.open.incrementAndGet();
    }

    void event(Listener listener, byte[] bytes, int from, int to) {
        if (!stamp.read(bytes, from, to) || stamp.run != counts.run) {
            return;
        }
        if (stamp.topic != listener.topic || stamp.lane >= plan.broadcasting().window()) {
            foreign++;
            return;
        }
        if (listener.tally.take((int) stamp.lane, stamp.sequence)) {
            batch++;
            if (stamp.nanos >= counts.recordFromNanos) {
                latencies.recordValue(Math.clamp((readNanos - stamp.nanos) / 1_000, 0, MAX_MICROS));
            }
        }
    }

    void ended(Listener listener, boolean wasOpen, boolean stalls, String why) {
        counts.end(FanoutPlan.Listening.url(plan.listening().node(listener.number)) + ": " + why);
        if (!wasOpen) {
            connecting--;
            counts.failed.incrementAndGet();
            return;
        }
        counts.open.decrementAndGet();
        if (!stalls) {
            counts.members.decrementAndGet(listener.topic);
            counts.ended.incrementAndGet();
        }
    }
}
