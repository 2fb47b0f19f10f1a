package dev.carillon.lab.load;

import dev.carillon.lab.LabException;
import dev.carillon.process.ProcessCost;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * The load generator: opens connections, broadcasts events, accounts for every delivery and measures latency and cost. For one run.
 *
 * <p>Reader threads and a publisher thread do the work; the calling thread takes a sample every second.
 */
public final class Fanout {
    private static final long OPEN_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long OPEN_NANOS_PER_CONNECTION = TimeUnit.MILLISECONDS.toNanos(2);
    private static final long SAMPLE_MILLIS = 1_000;
    private static final long OUTBOX_SAMPLE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
    /** After the last broadcast, the run ends when there was no delivery for this time. */
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(3);

    private static final long MAX_DRAIN_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final int CURVE_TICKS_PER_HALF_DISTANCE = 5;

    private final FanoutPlan plan;
    private final Consumer<String> progress;
    private final RunCounters counts;
    private final Publisher publisher;
    private final List<Reader> readers;
    private final MonitoredNodes nodes;
    private final OutboxSampler outboxes;
    private final CountDownLatch endRequested = new CountDownLatch(1);
    private final Instant startedAt = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    private final List<FanoutResult.Second> seconds = new ArrayList<>();
    private final Histogram latencies = new Histogram(1, Reader.MAX_MICROS, 3);
    private double openedPerSecond;
    private int opened;

    /** Cumulative values at one moment. */
    private record Snapshot(
            long nanos,
            long deliveries,
            long bytes,
            long publisherIdle,
            List<Long> readersIdle,
            ProcessCost cost,
            List<MonitoredNodes.ProcessSample> processes) {
        List<ProcessUse> usesSince(Snapshot before) {
            double seconds = Math.max(1, nanos - before.nanos) / 1e9;
            return IntStream.range(0, processes.size())
                    .mapToObj(i -> processes.get(i).since(before.processes.get(i), seconds))
                    .toList();
        }
    }

    /** @param progress receives progress lines, on the thread that calls {@link #run()} */
    public Fanout(FanoutPlan plan, Consumer<String> progress) {
        this(plan, progress, () -> {});
    }

    /** @param burden additional work of the reader threads after each batch of deliveries */
    Fanout(FanoutPlan plan, Consumer<String> progress, Runnable burden) {
        this.plan = plan;
        this.progress = progress;
        this.counts = new RunCounters(plan.listening().topics());
        this.publisher = new Publisher(plan, counts);
        this.readers = IntStream.range(0, plan.listening().threads())
                .mapToObj(i -> reader(i, plan, counts, publisher, burden))
                .toList();
        this.nodes = new MonitoredNodes(plan.monitored());
        this.outboxes = new OutboxSampler(plan);
    }

    private static Reader reader(
            int number, FanoutPlan plan, RunCounters counts, Publisher publisher, Runnable burden) {
        return new Reader(number, plan, counts, () -> {
            publisher.onDeliveries();
            burden.run();
        });
    }

    /** Requests an early end; {@link #run()} returns the result until then. May be called on any thread. */
    public void endEarly() {
        endRequested.countDown();
        publisher.stopEarly();
    }

    /** @throws LabException if connections do not open, or broadcasts are refused */
    public FanoutResult run() throws InterruptedException {
        try {
            ProcessCost before = nodes.cost();
            OptionalLong heapBefore = nodes.heap();
            readers.forEach(Reader::start);
            open();
            ProcessCost afterOpening = nodes.cost();
            OptionalLong heapOpen = nodes.heap();
            OpeningCost opening = openingCost(before, afterOpening, heapBefore, heapOpen, idle());

            JitterProbe jitter = new JitterProbe();
            counts.recordFromNanos =
                    counts.nanos() + TimeUnit.SECONDS.toNanos(plan.length().warmUpSeconds());
            publisher.start();
            sampleUntil(plan.length().warmUpSeconds(), false);
            jitter.start();
            Snapshot begin = snapshot();
            sampleUntil(plan.length().warmUpSeconds() + plan.length().seconds(), true);
            Snapshot end = snapshot();
            Histogram jitterMicros = jitter.stop();
            drain();
            FanoutResult.Slow slow = outboxes.result(counts.announcedDropped.get());
            return result(begin, end, jitterMicros, opening, slow);
        } finally {
            publisher.stopEarly();
            for (Reader reader : readers) {
                reader.stop();
            }
        }
    }

    private void open() throws InterruptedException {
        int all = plan.listening().connections();
        long begin = counts.nanos();
        long limit = begin + OPEN_NANOS + all * OPEN_NANOS_PER_CONNECTION;
        long next = begin + TimeUnit.MILLISECONDS.toNanos(SAMPLE_MILLIS);
        while (counts.open.get() < all
                && counts.failed.get() == 0
                && counts.ended.get() == 0
                && counts.nanos() < limit) {
            if (endRequested.await(5, TimeUnit.MILLISECONDS)) {
                break;
            }
            if (counts.nanos() > next) {
                next += TimeUnit.MILLISECONDS.toNanos(SAMPLE_MILLIS);
                progress.accept("opening: " + counts.open.get() + " of " + all);
            }
        }
        opened = counts.open.get();
        openedPerSecond = opened / ((counts.nanos() - begin) / 1e9);
        if (opened < all && endRequested.getCount() > 0) {
            String reason = counts.firstEnd();
            throw LabException.failed("only " + opened + " of " + all + " connections could be opened: "
                    + (reason == null
                            ? "no response within the timeout from "
                                    + plan.listening().urls()
                            : reason));
        }
    }

    /** Takes a sample every second, until a time since the first broadcast or an early end. */
    private void sampleUntil(int second, boolean measured) throws InterruptedException {
        long end = publisher.beginNanos() + TimeUnit.SECONDS.toNanos(second);
        while (endRequested.getCount() > 0 && counts.nanos() < end) {
            throwIfFatal();
            long beforeNanos = counts.nanos();
            long before = counts.deliveries.get();
            sampleOutboxesUntil(Math.min(beforeNanos + TimeUnit.MILLISECONDS.toNanos(SAMPLE_MILLIS), end));
            Histogram recent = takeLatencies();
            double elapsed = (counts.nanos() - beforeNanos) / 1e9;
            FanoutResult.Second one = new FanoutResult.Second(
                    (counts.nanos() - publisher.beginNanos()) / 1e9,
                    measured,
                    (counts.deliveries.get() - before) / elapsed,
                    recent.getValueAtPercentile(50),
                    recent.getValueAtPercentile(99),
                    recent.getMaxValue());
            seconds.add(one);
            progress.accept(progressLine(one));
        }
    }

    private void sampleOutboxesUntil(long nanos) throws InterruptedException {
        for (long now = counts.nanos(); endRequested.getCount() > 0 && now < nanos; now = counts.nanos()) {
            boolean _ = endRequested.await(Math.min(OUTBOX_SAMPLE_NANOS, nanos - now), TimeUnit.NANOSECONDS);
            outboxes.sample();
        }
    }

    private void throwIfFatal() {
        String reason = counts.fatal();
        if (reason != null) {
            throw LabException.failed(reason);
        }
    }

    private String progressLine(FanoutResult.Second one) {
        int all = plan.length().warmUpSeconds() + plan.length().seconds();
        return String.format(
                Locale.ROOT,
                "%3.0f of %d s: %d open, %d sent, %,.0f deliveries/s, %s",
                one.at(),
                all,
                counts.open.get(),
                publisher.sent(),
                one.deliveriesPerSecond(),
                one.measured()
                        ? String.format(
                                Locale.ROOT, "p50 %.2f ms, p99 %.2f ms", one.p50Micros() / 1e3, one.p99Micros() / 1e3)
                        : "warming up");
    }

    /** Returns the latencies since the last call, and adds them to those of the run. */
    private Histogram takeLatencies() {
        Histogram recent = new Histogram(1, Reader.MAX_MICROS, 3);
        for (Reader reader : readers) {
            recent.add(reader.latencies.getIntervalHistogram());
        }
        latencies.add(recent);
        return recent;
    }

    private Snapshot snapshot() {
        return new Snapshot(
                counts.nanos(),
                counts.deliveries.get(),
                readers.stream().mapToLong(Reader::bytes).sum(),
                publisher.idleNanos(),
                readers.stream().map(Reader::idleNanos).toList(),
                nodes.cost(),
                nodes.samples());
    }

    /** Processors that the nodes use while connections are open and there are no events; null if that is not measured. */
    private @Nullable Double idle() throws InterruptedException {
        if (plan.length().idleSeconds() == 0 || nodes.isEmpty()) {
            return null;
        }
        ProcessCost before = nodes.cost();
        long begin = counts.nanos();
        boolean _ = endRequested.await(plan.length().idleSeconds(), TimeUnit.SECONDS);
        return 1e6 * nodes.cost().cpuMillisSince(before) / Math.max(1, counts.nanos() - begin);
    }

    /** Waits for outstanding deliveries. */
    private void drain() throws InterruptedException {
        if (endRequested.getCount() == 0) {
            publisher.stopEarly();
        }
        publisher.join();
        throwIfFatal();
        long limit = counts.nanos() + MAX_DRAIN_NANOS;
        long quietSince = counts.nanos();
        long last = -1;
        while (counts.nanos() < limit && counts.nanos() - quietSince < QUIET_NANOS && !isDelivered()) {
            TimeUnit.MILLISECONDS.sleep(10);
            if (counts.deliveries.get() != last) {
                last = counts.deliveries.get();
                quietSince = counts.nanos();
            }
        }
        Histogram _ = takeLatencies();
        for (Reader reader : readers) {
            reader.stop();
        }
        Histogram _ = takeLatencies();
    }

    /** Whether all expected deliveries were made. After an ended connection or a failed broadcast this stays false until the quiet time is over. */
    private boolean isDelivered() {
        long expected = 0;
        for (int connection = 0; connection < plan.broadcasting().window(); connection++) {
            for (int topic = 0; topic < plan.listening().topics(); topic++) {
                expected += publisher.sequence(connection, topic) * counts.subscribers.get(topic);
            }
        }
        return counts.ended.get() == 0 && counts.deliveries.get() >= expected;
    }

    /** What opening a connection costs the nodes. */
    private record OpeningCost(
            double cpuMicros,
            double residentBytes,
            @Nullable Double heapBytes,
            @Nullable Double idleShare) {}

    private OpeningCost openingCost(
            ProcessCost before,
            ProcessCost after,
            OptionalLong heapBefore,
            OptionalLong heapAfter,
            @Nullable Double idleShare) {
        int n = Math.max(1, opened);
        return new OpeningCost(
                1_000.0 * after.cpuMillisSince(before) / n,
                (double) (after.residentBytes() - before.residentBytes()) / n,
                heapBefore.isPresent() && heapAfter.isPresent()
                        ? (Double) ((double) (heapAfter.getAsLong() - heapBefore.getAsLong()) / n)
                        : null,
                idleShare);
    }

    private FanoutResult result(
            Snapshot begin, Snapshot end, Histogram jitter, OpeningCost opening, FanoutResult.@Nullable Slow slow) {
        double seconds = Math.max(1, end.nanos - begin.nanos) / 1e9;
        long deliveries = end.deliveries - begin.deliveries;
        FanoutResult.Accounting accounting = Reconciliation.of(plan, publisher, readers, counts);
        int ended = counts.ended.get();
        double busiestReader = 0;
        for (int i = 0; i < readers.size(); i++) {
            busiestReader =
                    Math.max(busiestReader, busy(end.readersIdle.get(i) - begin.readersIdle.get(i), end, begin));
        }
        GeneratorLoad load = new GeneratorLoad(
                busiestReader,
                busy(end.publisherIdle - begin.publisherIdle, end, begin),
                publisher.lateMicros().getValueAtPercentile(99),
                jitter.getValueAtPercentile(99),
                jitter.getMaxValue());
        FanoutResult.Broadcasts broadcasts = new FanoutResult.Broadcasts(
                publisher.sent(),
                publisher.acknowledged(),
                publisher.failed().size(),
                publisher.unsent(),
                publisher.sent() / Math.max(1e-9, (end.nanos - publisher.beginNanos()) / 1e9));
        FanoutResult.Connections connections = new FanoutResult.Connections(
                opened,
                openedPerSecond,
                counts.compressed.get(),
                ended,
                readers.stream().mapToInt(Reader::closedByNodes).sum());
        return new FanoutResult(
                setup(),
                load.reasons().isEmpty(),
                load.reasons(),
                isClean(accounting) && ended == 0,
                endRequested.getCount() == 0,
                notes(connections, broadcasts, slow),
                connections,
                broadcasts,
                accounting,
                new FanoutResult.Throughput(
                        seconds,
                        deliveries,
                        deliveries / seconds,
                        deliveries == 0 ? 0 : (double) (end.bytes - begin.bytes) / deliveries),
                latency(),
                nodes.isEmpty() ? null : cost(begin, end, seconds, deliveries, opening),
                end.usesSince(begin),
                slow,
                load,
                this.seconds,
                curve());
    }

    private static double busy(long idleNanos, Snapshot end, Snapshot begin) {
        long elapsed = end.nanos - begin.nanos;
        return elapsed < TimeUnit.MILLISECONDS.toNanos(SAMPLE_MILLIS) / 2
                ? 0
                : Math.clamp(1 - (double) idleNanos / elapsed, 0, 1);
    }

    private static boolean isClean(FanoutResult.Accounting a) {
        return a.missing() + a.cutOff() + a.duplicates() + a.outOfOrder() + a.differingOrder() + a.foreign() + a.gaps()
                == 0;
    }

    private FanoutResult.Setup setup() {
        FanoutPlan.Listening listening = plan.listening();
        return new FanoutResult.Setup(
                startedAt.toString(),
                System.getProperty("os.name") + " " + System.getProperty("os.arch") + ", "
                        + Runtime.getRuntime().availableProcessors() + " processors, Java " + Runtime.version(),
                listening.protocol().name().toLowerCase(Locale.ROOT),
                listening.gzip(),
                listening.nodes().size(),
                listening.connections(),
                listening.stalled(),
                listening.topics(),
                plan.broadcasting().payloadBytes(),
                plan.broadcasting().rate(),
                plan.broadcasting().window(),
                plan.length().warmUpSeconds(),
                plan.length().seconds());
    }

    private List<String> notes(
            FanoutResult.Connections connections,
            FanoutResult.Broadcasts broadcasts,
            FanoutResult.@Nullable Slow slow) {
        List<String> notes = new ArrayList<>();
        if (connections.ended() > 0) {
            notes.add(connections.ended() + " connections ended before the end of the run did; the first one: "
                    + counts.firstEnd());
        }
        if (plan.listening().gzip() && connections.compressed() < opened) {
            notes.add("only " + connections.compressed() + " of " + opened + " streams are compressed");
        }
        if (broadcasts.failed() > 0) {
            notes.add(broadcasts.failed()
                    + " broadcasts were refused or not answered in time: they are not expected to be delivered");
        }
        if (broadcasts.unsent() > 0) {
            notes.add(
                    broadcasts.unsent()
                            + " broadcasts were due but not sent, because the nodes did not keep up: latency has no bound at this rate");
        }
        if (slow != null && slow.cutOff() + slow.dropped() + slow.replaced() == 0) {
            notes.add(
                    "no outbox of a stalled client overflowed, because the socket buffers accepted everything: increase --size, --rate "
                            + "or --seconds");
        } else if (plan.monitored().slow() != null && slow == null) {
            notes.add("the nodes did not report metrics of stalled clients");
        }
        if (publisher.timedOutWaits() > 0) {
            notes.add(publisher.timedOutWaits() + " times an event was not delivered to all clients within a second");
        }
        return notes;
    }

    private FanoutResult.Latency latency() {
        return new FanoutResult.Latency(
                latencies.getTotalCount(),
                latencies.getValueAtPercentile(50),
                latencies.getValueAtPercentile(90),
                latencies.getValueAtPercentile(99),
                latencies.getValueAtPercentile(99.9),
                latencies.getMaxValue(),
                latencies.getTotalCount() == 0 ? 0 : latencies.getMean());
    }

    private List<FanoutResult.Point> curve() {
        List<FanoutResult.Point> points = new ArrayList<>();
        latencies.percentiles(CURVE_TICKS_PER_HALF_DISTANCE).forEach(value -> {
            if (value.getPercentileLevelIteratedTo() < 100) {
                points.add(
                        new FanoutResult.Point(value.getPercentileLevelIteratedTo() / 100, value.getValueIteratedTo()));
            }
        });
        return points;
    }

    private FanoutResult.Nodes cost(
            Snapshot begin, Snapshot end, double seconds, long deliveries, OpeningCost opening) {
        double cpuMicros = 1_000.0 * end.cost.cpuMillisSince(begin.cost);
        return new FanoutResult.Nodes(
                deliveries == 0 ? 0 : cpuMicros / deliveries,
                cpuMicros / 1e6 / seconds,
                opening.cpuMicros,
                end.cost.residentBytes(),
                opening.residentBytes,
                opening.heapBytes,
                opening.idleShare);
    }
}
