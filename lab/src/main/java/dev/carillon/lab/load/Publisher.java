package dev.carillon.lab.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Selector;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/**
 * The publisher thread of a {@link Fanout}. With a rate (open loop) each event carries the time at which it was due, however late it is sent, so
 * that the delay of a paused node counts (no coordinated omission). Without a rate (closed loop) it sends the next event when all but the last
 * {@code window} events are delivered.
 */
final class Publisher implements PublisherConnection.Callback {
    /** After the end, overdue events are still sent for this time. */
    private static final long CATCH_UP_NANOS = TimeUnit.SECONDS.toNanos(10);

    private static final long RESPONSE_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long RECONNECT_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long CHECK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long DELIVERY_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** Shorter waits park the thread: a selector's timeout has a resolution of 1 ms. */
    private static final long PARK_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private static final long SELECT_MILLIS = 20;
    private static final int MAX_FAILED = 10_000;

    /** An event whose broadcast failed: it is not expected to be delivered. */
    record Failed(int topic, int connection, long sequence) {}

    private final FanoutPlan plan;
    private final FanoutPlan.Broadcasting broadcasting;
    private final RunCounters counts;
    private final Selector selector;
    private final Thread thread = Thread.ofPlatform().daemon().name("publisher").unstarted(this::run);
    private final List<PublisherConnection> connections = new ArrayList<>();
    private final Deque<PublisherConnection> idle = new ArrayDeque<>();
    /** Last sequence, by connection and topic. */
    private final long[][] sequences;

    private final List<Failed> failed = new ArrayList<>();
    private final Histogram lateMicros = new Histogram(1, Reader.MAX_MICROS, 3);
    private final AtomicLong idleNanos = new AtomicLong();
    private final AtomicLong acknowledged = new AtomicLong();
    private final AtomicLong sent = new AtomicLong();
    /** For each of the last {@code window} events: total number of deliveries at which it is delivered to all clients. */
    private final long[] deliveredAt;

    private long expectedDeliveries;
    private long idleSinceNanos;
    private long checkedNanos;
    private long progressNanos;
    private long progressDeliveries;
    private long timedOutWaits;
    private long unsent;
    private long beginNanos;
    private long endNanos;
    private volatile long wakeUpAtDeliveries = Long.MAX_VALUE;
    private volatile boolean stopping;

    Publisher(FanoutPlan plan, RunCounters counts) {
        this.plan = plan;
        this.broadcasting = plan.broadcasting();
        this.counts = counts;
        this.sequences = new long[broadcasting.window()][plan.listening().topics()];
        this.deliveredAt = new long[broadcasting.window()];
        try {
            this.selector = Selector.open();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        for (int i = 0; i < broadcasting.window(); i++) {
            connections.add(new PublisherConnection(
                    i, plan.broadcastTo().get(i % plan.broadcastTo().size()), plan.access(), this));
        }
    }

    /** Starts the schedule of warm-up and measured time. */
    void start() {
        beginNanos = counts.nanos();
        endNanos = beginNanos
                + TimeUnit.SECONDS.toNanos(
                        plan.length().warmUpSeconds() + plan.length().seconds());
        thread.start();
    }

    /** When the schedule started, since the start of the run. */
    long beginNanos() {
        return beginNanos;
    }

    /** Called after deliveries, on any thread. */
    void onDeliveries() {
        if (counts.deliveries.get() >= wakeUpAtDeliveries) {
            selector.wakeup();
        }
    }

    /** Stops before the end of the schedule. */
    void stopEarly() {
        stopping = true;
        selector.wakeup();
    }

    /** Blocks until the thread has ended; then the other methods return the results of the whole run. */
    void join() throws InterruptedException {
        thread.join();
    }

    long idleNanos() {
        return idleNanos.get();
    }

    long sent() {
        return sent.get();
    }

    long acknowledged() {
        return acknowledged.get();
    }

    /** Number of events that a connection has sent to a topic. */
    long sequence(int connection, int topic) {
        return sequences[connection][topic];
    }

    List<Failed> failed() {
        return failed;
    }

    /** Delays of broadcasts that this thread caused, in microseconds. */
    Histogram lateMicros() {
        return lateMicros;
    }

    /** Events that were due but not sent, because no connection was idle in time. */
    long unsent() {
        return unsent;
    }

    /** Number of closed-loop waits for deliveries that timed out. */
    long timedOutWaits() {
        return timedOutWaits;
    }

    private void run() {
        try {
            connections.forEach(connection -> connection.connect(selector));
            long limit = endNanos + CATCH_UP_NANOS;
            while (!isDone() && counts.fatal() == null && counts.nanos() < limit) {
                long now = counts.nanos();
                checkTimeouts(now);
                if (isNextDue(now) && !idle.isEmpty()) {
                    send(now);
                } else {
                    await(now);
                }
            }
            awaitResponses();
            connections.forEach(PublisherConnection::close);
            selector.close();
            unsent = broadcasting.scheduled() && !stopping ? Math.max(0, scheduledEvents() - sent.get()) : 0;
        } catch (IOException e) {
            counts.fatal("the selector of the publisher failed: " + e.getMessage());
        }
    }

    /** Number of events in the whole schedule. */
    private long scheduledEvents() {
        return (long) Math.ceil((endNanos - beginNanos) / 1e9 * broadcasting.rate());
    }

    private boolean isDone() {
        return stopping || (broadcasting.scheduled() ? sent.get() >= scheduledEvents() : counts.nanos() >= endNanos);
    }

    private long due() {
        return beginNanos + (long) (sent.get() * 1e9 / broadcasting.rate());
    }

    private boolean isNextDue(long now) {
        if (broadcasting.scheduled()) {
            return due() <= now;
        }
        return sent.get() < broadcasting.window() || counts.deliveries.get() >= deliveriesForNext();
    }

    private long deliveriesForNext() {
        return deliveredAt[(int) (sent.get() % broadcasting.window())];
    }

    private void send(long now) {
        PublisherConnection connection = idle.remove();
        long number = sent.get();
        int topic = (int) (number % plan.listening().topics());
        long due = broadcasting.scheduled() ? due() : now;
        lateMicros.recordValue(Math.clamp((now - Math.max(due, idleSinceNanos)) / 1_000, 0, Reader.MAX_MICROS));
        connection.topic = topic;
        connection.sequence = ++sequences[connection.number][topic];
        connection.sentNanos = now;
        expectedDeliveries += counts.subscribers.get(topic);
        deliveredAt[(int) (number % broadcasting.window())] = expectedDeliveries;
        sent.lazySet(number + 1);
        connection.send(request(connection, due));
    }

    private ByteBuffer request(PublisherConnection connection, long due) {
        String key = broadcasting.keys() == 0 ? "" : "\"key\":\"k" + sent.get() % broadcasting.keys() + "\",";
        byte[] before = ("{\"scope\":\"" + plan.access().audience().scope(counts.topic(connection.topic)) + "\"," + key
                        + "\"data\":\"")
                .getBytes(StandardCharsets.US_ASCII);
        byte[] payload = PayloadHeader.payload(
                PayloadHeader.text(counts.run, connection.topic, connection.number, connection.sequence, due),
                broadcasting.payloadBytes());
        byte[] after = {'"', '}'};
        byte[] head = ("POST /broadcast HTTP/1.1\r\nHost: " + connection.node.getHostString() + ":"
                        + connection.node.getPort()
                        + "\r\nAuthorization: Bearer " + broadcasting.token()
                        + "\r\nContent-Type: application/json\r\nContent-Length: "
                        + (before.length + payload.length + after.length) + "\r\n\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
        return ByteBuffer.allocate(head.length + before.length + payload.length + after.length)
                .put(head)
                .put(before)
                .put(payload)
                .put(after)
                .flip();
    }

    /** Waits for a response, a delivery, or the time of the next event. */
    private void await(long now) throws IOException {
        long remaining = broadcasting.scheduled() && !idle.isEmpty() ? due() - now : PARK_NANOS * 10;
        long before = System.nanoTime();
        if (remaining < PARK_NANOS) {
            LockSupport.parkNanos(remaining);
            selector.selectNow();
        } else {
            wakeUpAtDeliveries = broadcasting.scheduled() || idle.isEmpty() ? Long.MAX_VALUE : deliveriesForNext();
            // Deliveries before the assignment do not wake up the selector.
            if (counts.deliveries.get() >= wakeUpAtDeliveries) {
                selector.selectNow();
            } else {
                selector.select(Math.clamp(remaining / 1_000_000 - 1, 1, SELECT_MILLIS));
            }
            wakeUpAtDeliveries = Long.MAX_VALUE;
        }
        idleNanos.lazySet(idleNanos.get() + System.nanoTime() - before);
        serve();
    }

    private void serve() {
        selector.selectedKeys().forEach(key -> ((PublisherConnection) key.attachment()).ready());
        selector.selectedKeys().clear();
    }

    private void awaitResponses() throws IOException {
        long limit = counts.nanos() + CATCH_UP_NANOS;
        while (counts.nanos() < limit && connections.stream().anyMatch(PublisherConnection::isInFlight)) {
            selector.select(SELECT_MILLIS);
            serve();
        }
        connections.stream()
                .filter(PublisherConnection::isInFlight)
                .forEach(connection -> connection.fail(0, "no response before the end"));
    }

    /** Reconnects closed connections and checks the timeouts of responses and deliveries. */
    private void checkTimeouts(long now) {
        if (now - checkedNanos < CHECK_NANOS) {
            return;
        }
        checkedNanos = now;
        for (PublisherConnection connection : connections) {
            if (connection.isInFlight() && now - connection.sentNanos > RESPONSE_NANOS) {
                connection.fail(0, "no response within 30 s");
            } else if (connection.reconnectNanos != 0 && connection.reconnectNanos <= now) {
                connection.reconnectNanos = 0;
                connection.connect(selector);
            }
        }
        long deliveries = counts.deliveries.get();
        if (deliveries != progressDeliveries || idle.size() < connections.size()) {
            progressDeliveries = deliveries;
            progressNanos = now;
        } else if (!broadcasting.scheduled()
                && now - progressNanos > DELIVERY_TIMEOUT_NANOS
                && sent.get() >= broadcasting.window()) {
            timedOutWaits++;
            progressNanos = now;
            expectedDeliveries = deliveries;
            Arrays.fill(deliveredAt, 0);
        }
    }

    @Override
    public void acknowledged(PublisherConnection connection) {
        acknowledged.lazySet(acknowledged.get() + 1);
    }

    @Override
    public void failed(PublisherConnection connection, int status, String reason) {
        failed.add(new Failed(connection.topic, connection.number, connection.sequence));
        String node = FanoutPlan.Listening.url(connection.node);
        if (status >= 400 && status < 500 && status != 429) {
            counts.fatal("the node at " + node + " refused a broadcast with status " + status + ": " + reason);
        } else if (failed.size() >= MAX_FAILED) {
            counts.fatal(MAX_FAILED + " broadcasts failed; the last one at " + node + ": "
                    + (status == 0 ? "" : "status " + status + " ") + reason);
        }
    }

    @Override
    public void idle(PublisherConnection connection) {
        if (idle.isEmpty()) {
            idleSinceNanos = counts.nanos();
        }
        idle.add(connection);
    }

    @Override
    public void closed(PublisherConnection connection) {
        idle.remove(connection);
        connection.reconnectNanos = counts.nanos() + RECONNECT_NANOS;
    }
}
