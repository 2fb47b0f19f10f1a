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
 * The load generator: opens connections, broadcasts to them, accounts for every delivery and measures. It runs once.
 *
 * <p>Reading threads and a broadcasting thread do the work; the caller's takes a sample every second.
 */
public final class Fanout {
    private static final long OPEN_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long OPEN_NANOS_EACH = TimeUnit.MILLISECONDS.toNanos(2);
    private static final long STEP_MILLIS = 1_000;
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
    /** After the last broadcast: without a delivery for this long, none is waited for any more. */
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(3);

    private static final long LONGEST_DRAIN_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final int CURVE_POINTS_BY_HALF = 5;

    private final FanoutPlan plan;
    private final Consumer<String> progress;
    private final Counts counts;
    private final Publisher publisher;
    private final List<Reader> readers;
    private final WatchedNodes nodes;
    private final OutboxWatch outboxes;
    private final CountDownLatch early = new CountDownLatch(1);
    private final Instant begun = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    private final List<FanoutResult.Second> seconds = new ArrayList<>();
    private final Histogram latencies = new Histogram(1, Reader.MAX_MICROS, 3);
    private double openedPerSecond;
    private int opened;

    /** One look at what grows. */
    private record Mark(
            long nanos, long deliveries, long bytes, long publisherIdle, List<Long> readersIdle, ProcessCost cost) {}

    /** @param progress takes a line now and then, on the thread that runs it */
    public Fanout(FanoutPlan plan, Consumer<String> progress) {
        this(plan, progress, () -> {});
    }

    /** @param burden is run by the reading threads after each batch of deliveries */
    Fanout(FanoutPlan plan, Consumer<String> progress, Runnable burden) {
        this.plan = plan;
        this.progress = progress;
        this.counts = new Counts(plan.listening().topics());
        this.publisher = new Publisher(plan, counts);
        this.readers = IntStream.range(0, plan.listening().threads())
                .mapToObj(i -> reader(i, plan, counts, publisher, burden))
                .toList();
        this.nodes = new WatchedNodes(plan.watched());
        this.outboxes = new OutboxWatch(plan);
    }

    private static Reader reader(int number, FanoutPlan plan, Counts counts, Publisher publisher, Runnable burden) {
        return new Reader(number, plan, counts, () -> {
            publisher.deliveriesGrew();
            burden.run();
        });
    }

    /** Ends it soon, with the result of what was done; from any thread. */
    public void endEarly() {
        early.countDown();
        publisher.stopEarly();
    }

    /** @throws LabException where connections do not open, or broadcasts are refused */
    public FanoutResult run() throws InterruptedException {
        try {
            ProcessCost before = nodes.cost();
            OptionalLong heapBefore = nodes.heap();
            readers.forEach(Reader::start);
            open();
            ProcessCost afterOpening = nodes.cost();
            OptionalLong heapOpen = nodes.heap();

            Heartbeat heartbeat = new Heartbeat();
            counts.recordFromNanos =
                    counts.nanos() + TimeUnit.SECONDS.toNanos(plan.length().warmUpSeconds());
            publisher.start();
            sampleUntil(plan.length().warmUpSeconds(), false);
            heartbeat.start();
            Mark begin = mark();
            sampleUntil(plan.length().warmUpSeconds() + plan.length().seconds(), true);
            Mark end = mark();
            Histogram late = heartbeat.stop();
            drain();
            FanoutResult.Slow slow = outboxes.result(counts.toldDropped.get());
            return result(begin, end, late, opening(before, afterOpening, heapBefore, heapOpen), slow);
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
        long limit = begin + OPEN_NANOS + all * OPEN_NANOS_EACH;
        long next = begin + TimeUnit.MILLISECONDS.toNanos(STEP_MILLIS);
        while (counts.open.get() < all
                && counts.failed.get() == 0
                && counts.ended.get() == 0
                && counts.nanos() < limit) {
            if (early.await(5, TimeUnit.MILLISECONDS)) {
                break;
            }
            if (counts.nanos() > next) {
                next += TimeUnit.MILLISECONDS.toNanos(STEP_MILLIS);
                progress.accept("opening: " + counts.open.get() + " of " + all);
            }
        }
        opened = counts.open.get();
        openedPerSecond = opened / ((counts.nanos() - begin) / 1e9);
        if (opened < all && early.getCount() > 0) {
            String why = counts.firstEnd();
            throw LabException.failed("only " + opened + " of " + all + " connections could be opened: "
                    + (why == null
                            ? "no answer in time from " + plan.listening().urls()
                            : why));
        }
    }

    /** Takes a sample every second until so many have gone since broadcasting began, or it is ended. */
    private void sampleUntil(int second, boolean measured) throws InterruptedException {
        long end = publisher.beginNanos() + TimeUnit.SECONDS.toNanos(second);
        while (early.getCount() > 0 && counts.nanos() < end) {
            throwIfFatal();
            long beforeNanos = counts.nanos();
            long before = counts.deliveries.get();
            lookAtOutboxesUntil(Math.min(beforeNanos + TimeUnit.MILLISECONDS.toNanos(STEP_MILLIS), end));
            Histogram fresh = fresh();
            double took = (counts.nanos() - beforeNanos) / 1e9;
            FanoutResult.Second one = new FanoutResult.Second(
                    (counts.nanos() - publisher.beginNanos()) / 1e9,
                    measured,
                    (counts.deliveries.get() - before) / took,
                    fresh.getValueAtPercentile(50),
                    fresh.getValueAtPercentile(99),
                    fresh.getMaxValue());
            seconds.add(one);
            progress.accept(told(one));
        }
    }

    private void lookAtOutboxesUntil(long nanos) throws InterruptedException {
        for (long now = counts.nanos(); early.getCount() > 0 && now < nanos; now = counts.nanos()) {
            boolean _ = early.await(Math.min(LOOK_NANOS, nanos - now), TimeUnit.NANOSECONDS);
            outboxes.look();
        }
    }

    private void throwIfFatal() {
        String why = counts.fatal();
        if (why != null) {
            throw LabException.failed(why);
        }
    }

    private String told(FanoutResult.Second one) {
        int all = plan.length().warmUpSeconds() + plan.length().seconds();
        return String.format(
                Locale.ROOT,
                "%3.0f of %d s: %d open, %d sent, %,.0f deliveries a second, %s",
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

    /** Latencies since the last time, which go to all of them, too. */
    private Histogram fresh() {
        Histogram fresh = new Histogram(1, Reader.MAX_MICROS, 3);
        for (Reader reader : readers) {
            fresh.add(reader.latencies.getIntervalHistogram());
        }
        latencies.add(fresh);
        return fresh;
    }

    private Mark mark() {
        return new Mark(
                counts.nanos(),
                counts.deliveries.get(),
                readers.stream().mapToLong(Reader::bytes).sum(),
                publisher.idleNanos(),
                readers.stream().map(Reader::idleNanos).toList(),
                nodes.cost());
    }

    /** Waits for what is on its way. */
    private void drain() throws InterruptedException {
        if (early.getCount() == 0) {
            publisher.stopEarly();
        }
        publisher.join();
        throwIfFatal();
        long limit = counts.nanos() + LONGEST_DRAIN_NANOS;
        long quietSince = counts.nanos();
        long last = -1;
        while (counts.nanos() < limit && counts.nanos() - quietSince < QUIET_NANOS && !isDelivered()) {
            TimeUnit.MILLISECONDS.sleep(10);
            if (counts.deliveries.get() != last) {
                last = counts.deliveries.get();
                quietSince = counts.nanos();
            }
        }
        Histogram _ = fresh();
        for (Reader reader : readers) {
            reader.stop();
        }
        Histogram _ = fresh();
    }

    /** By what connections are owed that are open now; when some have ended, or broadcasts failed, only quiet tells. */
    private boolean isDelivered() {
        long owed = 0;
        for (int lane = 0; lane < plan.broadcasting().window(); lane++) {
            for (int topic = 0; topic < plan.listening().topics(); topic++) {
                owed += publisher.sequence(lane, topic) * counts.members.get(topic);
            }
        }
        return counts.ended.get() == 0 && counts.deliveries.get() >= owed;
    }

    /** What opening cost the nodes: of each connection. */
    private record Opening(
            double cpuMicros,
            double residentBytes,
            @Nullable Double heapBytes) {}

    private Opening opening(ProcessCost before, ProcessCost after, OptionalLong heapBefore, OptionalLong heapAfter) {
        int n = Math.max(1, opened);
        return new Opening(
                1_000.0 * after.cpuMillisSince(before) / n,
                (double) (after.residentBytes() - before.residentBytes()) / n,
                heapBefore.isPresent() && heapAfter.isPresent()
                        ? (Double) ((double) (heapAfter.getAsLong() - heapBefore.getAsLong()) / n)
                        : null);
    }

    private FanoutResult result(
            Mark begin, Mark end, Histogram heartbeat, Opening opening, FanoutResult.@Nullable Slow slow) {
        double took = Math.max(1, end.nanos - begin.nanos) / 1e9;
        long deliveries = end.deliveries - begin.deliveries;
        FanoutResult.Accounting accounting = Settlement.of(plan, publisher, readers, counts);
        int ended = counts.ended.get();
        double busiest = 0;
        for (int i = 0; i < readers.size(); i++) {
            busiest = Math.max(busiest, busy(end.readersIdle.get(i) - begin.readersIdle.get(i), end, begin));
        }
        Strain strain = new Strain(
                busiest,
                busy(end.publisherIdle - begin.publisherIdle, end, begin),
                publisher.lateMicros().getValueAtPercentile(99),
                heartbeat.getValueAtPercentile(99),
                heartbeat.getMaxValue());
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
                readers.stream().mapToInt(Reader::cut).sum());
        return new FanoutResult(
                setup(),
                strain.reasons().isEmpty(),
                strain.reasons(),
                isClean(accounting) && ended == 0,
                early.getCount() == 0,
                notes(connections, broadcasts, slow),
                connections,
                broadcasts,
                accounting,
                new FanoutResult.Throughput(
                        took,
                        deliveries,
                        deliveries / took,
                        deliveries == 0 ? 0 : (double) (end.bytes - begin.bytes) / deliveries),
                latency(),
                nodes.isEmpty() ? null : cost(begin, end, took, deliveries, opening),
                slow,
                strain,
                seconds,
                curve());
    }

    private static double busy(long idleNanos, Mark end, Mark begin) {
        long took = end.nanos - begin.nanos;
        return took < TimeUnit.MILLISECONDS.toNanos(STEP_MILLIS) / 2
                ? 0
                : Math.clamp(1 - (double) idleNanos / took, 0, 1);
    }

    private static boolean isClean(FanoutResult.Accounting a) {
        return a.missing() + a.cutOff() + a.doubled() + a.outOfOrder() + a.differingOrder() + a.foreign() + a.gaps()
                == 0;
    }

    private FanoutResult.Setup setup() {
        FanoutPlan.Listening listening = plan.listening();
        return new FanoutResult.Setup(
                begun.toString(),
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
            notes.add(connections.ended() + " connections ended before the run did; the first that did: "
                    + counts.firstEnd());
        }
        if (plan.listening().gzip() && connections.compressed() < opened) {
            notes.add("only " + connections.compressed() + " of " + opened + " connections got a compressed stream");
        }
        if (broadcasts.failed() > 0) {
            notes.add(broadcasts.failed() + " broadcasts were refused or not answered in time: nobody is owed them");
        }
        if (broadcasts.unsent() > 0) {
            notes.add(broadcasts.unsent()
                    + " broadcasts were due, but the nodes did not keep up: latency has no bound at this rate");
        }
        if (slow != null && slow.cutOff() + slow.dropped() + slow.replaced() == 0) {
            notes.add(
                    "no node was short of room for a client that stalls: the system took all that was sent to them; give more with "
                            + "--size, --rate or --seconds");
        } else if (plan.watched().slow() != null && slow == null) {
            notes.add("the nodes did not tell what clients that stall cost them");
        }
        if (publisher.gaveUp() > 0) {
            notes.add("waited " + publisher.gaveUp() + " times for a delivery that did not come within a second");
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
        latencies.percentiles(CURVE_POINTS_BY_HALF).forEach(value -> {
            if (value.getPercentileLevelIteratedTo() < 100) {
                points.add(
                        new FanoutResult.Point(value.getPercentileLevelIteratedTo() / 100, value.getValueIteratedTo()));
            }
        });
        return points;
    }

    private FanoutResult.Nodes cost(Mark begin, Mark end, double took, long deliveries, Opening opening) {
        double cpuMicros = 1_000.0 * end.cost.cpuMillisSince(begin.cost);
        return new FanoutResult.Nodes(
                deliveries == 0 ? 0 : cpuMicros / deliveries,
                cpuMicros / 1e6 / took,
                opening.cpuMicros,
                end.cost.residentBytes(),
                opening.residentBytes,
                opening.heapBytes);
    }
}
