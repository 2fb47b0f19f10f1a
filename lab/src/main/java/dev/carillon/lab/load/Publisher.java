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
 * The thread of a {@link Fanout} that broadcasts. By a schedule it stamps each event with the time at which it was due, however late it goes
 * out: what a node that stands still delays is not left out. Without one it sends the next when all but the window are delivered.
 */
final class Publisher implements BroadcastLane.Outcome {
    /** How long what was due, and was not sent, is still tried for after the end. */
    private static final long CATCH_UP_NANOS = TimeUnit.SECONDS.toNanos(10);

    private static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long GIVE_UP_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** A selector waits in steps of a millisecond. */
    private static final long FINE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private static final long SELECT_MILLIS = 20;
    private static final int MAX_FAILED = 10_000;

    /** An event whose broadcast failed: nobody is owed it. */
    record Failed(int topic, int lane, long sequence) {}

    private final FanoutPlan plan;
    private final FanoutPlan.Broadcasting how;
    private final Counts counts;
    private final Selector selector;
    private final Thread thread = Thread.ofPlatform().daemon().name("publisher").unstarted(this::run);
    private final List<BroadcastLane> lanes = new ArrayList<>();
    private final Deque<BroadcastLane> free = new ArrayDeque<>();
    /** By lane and topic. */
    private final long[][] sequences;

    private final List<Failed> failed = new ArrayList<>();
    private final Histogram lateMicros = new Histogram(1, Reader.MAX_MICROS, 3);
    private final AtomicLong idleNanos = new AtomicLong();
    private final AtomicLong acknowledged = new AtomicLong();
    private final AtomicLong sent = new AtomicLong();
    /** Deliveries that will have been when each of the last events, as many as the window, has come to all. */
    private final long[] whenDelivered;

    private long owed;
    private long freeSinceNanos;
    private long lookedNanos;
    private long progressNanos;
    private long progressDeliveries;
    private long gaveUp;
    private long unsent;
    private long beginNanos;
    private long endNanos;
    private volatile long wanted = Long.MAX_VALUE;
    private volatile boolean stopping;

    Publisher(FanoutPlan plan, Counts counts) {
        this.plan = plan;
        this.how = plan.broadcasting();
        this.counts = counts;
        this.sequences = new long[how.window()][plan.listening().topics()];
        this.whenDelivered = new long[how.window()];
        try {
            this.selector = Selector.open();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        for (int i = 0; i < how.window(); i++) {
            lanes.add(new BroadcastLane(
                    i, plan.listening().nodes().get(i % plan.listening().nodes().size()), this));
        }
    }

    /** Begins now, for warm-up and measuring. */
    void start() {
        beginNanos = counts.nanos();
        endNanos = beginNanos
                + TimeUnit.SECONDS.toNanos(
                        plan.length().warmUpSeconds() + plan.length().seconds());
        thread.start();
    }

    /** When it began, since the run began. */
    long beginNanos() {
        return beginNanos;
    }

    /** To be called after deliveries, by any thread. */
    void deliveriesGrew() {
        if (counts.deliveries.get() >= wanted) {
            selector.wakeup();
        }
    }

    /** Ends it before its time. */
    void stopEarly() {
        stopping = true;
        selector.wakeup();
    }

    /** Returns when all is sent, or cannot be. Then its other methods tell of the whole run. */
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

    /** How many of a lane went to a topic. */
    long sequence(int lane, int topic) {
        return sequences[lane][topic];
    }

    List<Failed> failed() {
        return failed;
    }

    /** How late broadcasts went out by its own fault, in microseconds. */
    Histogram lateMicros() {
        return lateMicros;
    }

    /** Events that were due, and for which the nodes left no connection in time. */
    long unsent() {
        return unsent;
    }

    /** How often, without a schedule, it waited for a delivery that did not come. */
    long gaveUp() {
        return gaveUp;
    }

    private void run() {
        try {
            lanes.forEach(lane -> lane.connect(selector));
            long limit = endNanos + CATCH_UP_NANOS;
            while (!isDone() && counts.fatal() == null && counts.nanos() < limit) {
                long now = counts.nanos();
                look(now);
                if (isNextDue(now) && !free.isEmpty()) {
                    send(now);
                } else {
                    await(now);
                }
            }
            awaitAnswers();
            lanes.forEach(BroadcastLane::close);
            selector.close();
            unsent = how.scheduled() && !stopping ? Math.max(0, scheduled() - sent.get()) : 0;
        } catch (IOException e) {
            counts.fatal("the selector of broadcasts failed: " + e.getMessage());
        }
    }

    /** How many the schedule has in all. */
    private long scheduled() {
        return (long) Math.ceil((endNanos - beginNanos) / 1e9 * how.rate());
    }

    private boolean isDone() {
        return stopping || (how.scheduled() ? sent.get() >= scheduled() : counts.nanos() >= endNanos);
    }

    private long due() {
        return beginNanos + (long) (sent.get() * 1e9 / how.rate());
    }

    private boolean isNextDue(long now) {
        if (how.scheduled()) {
            return due() <= now;
        }
        return sent.get() < how.window() || counts.deliveries.get() >= oldest();
    }

    private long oldest() {
        return whenDelivered[(int) (sent.get() % how.window())];
    }

    private void send(long now) {
        BroadcastLane lane = free.remove();
        long number = sent.get();
        int topic = (int) (number % plan.listening().topics());
        long due = how.scheduled() ? due() : now;
        lateMicros.recordValue(Math.clamp((now - Math.max(due, freeSinceNanos)) / 1_000, 0, Reader.MAX_MICROS));
        lane.topic = topic;
        lane.sequence = ++sequences[lane.number][topic];
        lane.sentNanos = now;
        owed += counts.members.get(topic);
        whenDelivered[(int) (number % how.window())] = owed;
        sent.lazySet(number + 1);
        lane.send(request(lane, due));
    }

    private ByteBuffer request(BroadcastLane lane, long due) {
        String key = how.keys() == 0 ? "" : "\"key\":\"k" + sent.get() % how.keys() + "\",";
        byte[] before = ("{\"scope\":\"topic:" + counts.topic(lane.topic) + "\"," + key + "\"data\":\"")
                .getBytes(StandardCharsets.US_ASCII);
        byte[] payload =
                Stamp.payload(Stamp.text(counts.run, lane.topic, lane.number, lane.sequence, due), how.payloadBytes());
        byte[] after = {'"', '}'};
        byte[] head = ("POST /broadcast HTTP/1.1\r\nHost: " + lane.node.getHostString() + ":" + lane.node.getPort()
                        + "\r\nAuthorization: Bearer " + how.token()
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

    /** For an answer, a delivery, or the time of the next. */
    private void await(long now) throws IOException {
        long left = how.scheduled() && !free.isEmpty() ? due() - now : FINE_NANOS * 10;
        long before = System.nanoTime();
        if (left < FINE_NANOS) {
            LockSupport.parkNanos(left);
            selector.selectNow();
        } else {
            wanted = how.scheduled() || free.isEmpty() ? Long.MAX_VALUE : oldest();
            // Else what came before that was set would not be heard of.
            if (counts.deliveries.get() >= wanted) {
                selector.selectNow();
            } else {
                selector.select(Math.clamp(left / 1_000_000 - 1, 1, SELECT_MILLIS));
            }
            wanted = Long.MAX_VALUE;
        }
        idleNanos.lazySet(idleNanos.get() + System.nanoTime() - before);
        serve();
    }

    private void serve() {
        selector.selectedKeys().forEach(key -> ((BroadcastLane) key.attachment()).ready());
        selector.selectedKeys().clear();
    }

    private void awaitAnswers() throws IOException {
        long limit = counts.nanos() + CATCH_UP_NANOS;
        while (counts.nanos() < limit && lanes.stream().anyMatch(BroadcastLane::isUnderWay)) {
            selector.select(SELECT_MILLIS);
            serve();
        }
        lanes.stream().filter(BroadcastLane::isUnderWay).forEach(lane -> lane.fail(0, "no answer before the end"));
    }

    /** Now and then: connections that are down, answers that do not come, deliveries that do not. */
    private void look(long now) {
        if (now - lookedNanos < LOOK_NANOS) {
            return;
        }
        lookedNanos = now;
        for (BroadcastLane lane : lanes) {
            if (lane.isUnderWay() && now - lane.sentNanos > ANSWER_NANOS) {
                lane.fail(0, "no answer within 30 s");
            } else if (lane.retryNanos != 0 && lane.retryNanos <= now) {
                lane.retryNanos = 0;
                lane.connect(selector);
            }
        }
        long deliveries = counts.deliveries.get();
        if (deliveries != progressDeliveries || free.size() < lanes.size()) {
            progressDeliveries = deliveries;
            progressNanos = now;
        } else if (!how.scheduled() && now - progressNanos > GIVE_UP_NANOS && sent.get() >= how.window()) {
            gaveUp++;
            progressNanos = now;
            owed = deliveries;
            Arrays.fill(whenDelivered, 0);
        }
    }

    @Override
    public void acknowledged(BroadcastLane lane) {
        acknowledged.lazySet(acknowledged.get() + 1);
    }

    @Override
    public void failed(BroadcastLane lane, int status, String why) {
        failed.add(new Failed(lane.topic, lane.number, lane.sequence));
        String node = FanoutPlan.Listening.url(lane.node);
        if (status >= 400 && status < 500 && status != 429) {
            counts.fatal("the node at " + node + " refused a broadcast with status " + status + ": " + why);
        } else if (failed.size() >= MAX_FAILED) {
            counts.fatal(MAX_FAILED + " broadcasts failed; the last one at " + node + ": "
                    + (status == 0 ? "" : "status " + status + " ") + why);
        }
    }

    @Override
    public void free(BroadcastLane lane) {
        if (free.isEmpty()) {
            freeSinceNanos = counts.nanos();
        }
        free.add(lane);
    }

    @Override
    public void down(BroadcastLane lane) {
        free.remove(lane);
        lane.retryNanos = counts.nanos() + RETRY_NANOS;
    }
}
