package dev.carillon.lab.faults;

import dev.carillon.base.Text;
import dev.carillon.lab.LabException;
import dev.carillon.lab.account.Broadcaster;
import dev.carillon.lab.account.Face;
import dev.carillon.lab.account.Lane;
import dev.carillon.lab.account.Ledger;
import dev.carillon.lab.account.StatusWatch;
import dev.carillon.lab.account.Subscriber;
import dev.carillon.lab.account.Verdict;
import dev.carillon.lab.cluster.Commands;
import dev.carillon.lab.fleet.Fleet;
import dev.carillon.lab.fleet.FleetObserver;
import dev.carillon.process.NatsServer;
import dev.carillon.process.RedisServer;
import dev.carillon.process.TestServer;
import java.io.PrintStream;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * One fault on a cluster of its own. Subscribers come, each lane has its first event, traffic begins; then the fault; when it is over the
 * lanes have their last events, which is when it has recovered, and traffic goes on for a short time.
 */
public final class FaultRun implements FaultTarget, AutoCloseable {
    private static final Duration OPEN = Duration.ofSeconds(60);
    private static final Duration RECOVERY = Duration.ofSeconds(60);
    /** For a copy that comes late. */
    private static final Duration AFTER = Duration.ofMillis(500);

    private static final Duration PATIENCE = Duration.ofSeconds(8);
    /** A node that is killed is gone for so long at the most, and then there for so long before the next. */
    private static final Duration KILLS_APART = Duration.ofSeconds(3);

    private static final int CONNECTS_PER_SECOND = 200;
    private static final long BROADCAST_EVERY_MILLIS = 80;
    private static final long DROP_EVERY_MILLIS = 150;

    /**
     * What to do; checked.
     *
     * @param length of faults of which that is a matter of choice
     */
    public record Plan(Face face, String broker, Fault fault, int subscribers, Length length) {
        /** In words. */
        public String what() {
            return broker + ", " + (face == Face.EVENTS ? "" : face.text() + ", ") + fault.text();
        }
    }

    /**
     * How long faults last.
     *
     * @param traffic how long events are broadcast before a fault, and after it
     * @param random how long they go on where they come at random
     * @param away how long the broker is away where it is for long
     * @param kills how many nodes are killed where that is one after the other
     */
    public record Length(Duration traffic, Duration random, Duration away, int kills) {}

    /** What came of a plan. */
    public sealed interface Outcome {
        Plan plan();

        boolean clean();
    }

    /**
     * A run that could not begin, or broke.
     *
     * @param reason one line
     */
    public record NotMeasured(Plan plan, String reason) implements Outcome {
        private static final int MAX_REASON = 300;

        public NotMeasured {
            reason = Text.printable(reason, MAX_REASON);
        }

        @Override
        public boolean clean() {
            return false;
        }
    }

    /**
     * How it went.
     *
     * @param recoveryMillis from the end of the fault until all subscribers had all; empty: they never had
     * @param heapBytes live, of the nodes together: before the traffic, perhaps meanwhile, and at the end
     * @param outage what became of the streams, where the broker was away for long
     */
    public record Result(
            Plan plan,
            Verdict verdict,
            OptionalLong recoveryMillis,
            List<Long> heapBytes,
            Optional<StatusWatch.Seen> outage)
            implements Outcome {
        public Result {
            heapBytes = List.copyOf(heapBytes);
        }

        @Override
        public boolean clean() {
            return verdict.clean()
                    && recoveryMillis.isPresent()
                    && outage.map(StatusWatch.Seen::clean).orElse(true);
        }
    }

    private final Plan plan;
    private final PrintStream progress;
    private final TestServer broker;
    private final FaultCluster cluster;
    private final FaultCast cast;
    private final List<List<Lane>> lanes;
    private final Lane quiet;
    private final Ledger ledger;
    private final List<Subscriber> subscribers;
    private final List<Broadcaster> broadcasters = new ArrayList<>();
    private final Broadcaster quietly;
    private final StatusWatch watch = new StatusWatch();
    private final List<Long> heapBytes = new ArrayList<>();
    private final Random random = new Random();
    private volatile boolean traffic = true;
    private volatile boolean closed;

    /**
     * Starts the broker and the cluster.
     *
     * @param progress takes what happens, line by line
     * @param log takes what the processes say
     */
    public FaultRun(Commands commands, Plan plan, PrintStream progress, PrintStream log) {
        this.plan = plan;
        this.cast = cast(plan.face());
        this.lanes = cast.lanes();
        this.progress = progress;
        this.broker = plan.broker().equals("nats") ? new NatsServer() : new RedisServer();
        try {
            this.cluster = FaultCluster.start(commands, broker, log);
        } catch (RuntimeException e) {
            broker.close();
            throw e;
        }
        List<Lane> all = new ArrayList<>(lanes.stream().flatMap(List::stream).toList());
        this.quiet = cast.quiet(all.size());
        all.add(quiet);
        this.subscribers = cast.subscribers(plan.subscribers());
        this.ledger = new Ledger(Long.toString(System.currentTimeMillis(), 36), all, subscribers);
        Map<String, String> tokens = new HashMap<>();
        for (Lane lane : all) {
            tokens.computeIfAbsent(lane.tenant(), tenant -> cast.broadcasterToken(cluster, tenant));
        }
        UnaryOperator<String> tokenOf = tenant -> String.valueOf(tokens.get(tenant));
        List<URI> addresses = List.of(cluster.proxy(), cluster.node(0), cluster.node(1), cluster.node(2));
        for (int i = 0; i < FaultCast.BROADCASTERS; i++) {
            List<URI> own = new ArrayList<>(addresses.subList(i, addresses.size()));
            own.addAll(addresses.subList(0, i));
            broadcasters.add(new Broadcaster(plan.face(), ledger, own, tokenOf));
        }
        this.quietly = new Broadcaster(plan.face(), ledger, List.of(cluster.node(0), cluster.node(2)), tokenOf);
    }

    private static FaultCast cast(Face face) {
        return switch (face) {
            case EVENTS -> new EventsCast();
            case MERCURE -> new HubCast();
        };
    }

    @Override
    public FaultCluster cluster() {
        return cluster;
    }

    @Override
    public Ledger ledger() {
        return ledger;
    }

    @Override
    public void broadcastQuiet() {
        boolean _ = quietly.broadcast(quiet, PATIENCE);
    }

    /** Has the broker away for long; those who come and go by themselves cannot have a stream then, and are not watched. */
    @Override
    public void awaitReturnOfBroker() throws InterruptedException {
        watch.begin(number -> !FaultCast.isRestless(number));
        broker.stop();
        Duration half = plan.length().away().dividedBy(2);
        Thread.sleep(half);
        measureHeap();
        Thread.sleep(half);
        broker.start();
    }

    /** Kills nodes at random, so many as the plan says; each serves again before the next, but its clients need not be back. */
    @Override
    public void killNodes() throws InterruptedException {
        for (int i = 1; i <= plan.length().kills(); i++) {
            int node = random.nextInt(FaultCluster.NODES);
            say("kill " + i + " of " + plan.length().kills() + ": node " + (node + 1));
            cluster.signal(node, "KILL");
            Thread.sleep(random.nextLong(KILLS_APART.toMillis()));
            cluster.startNode(node);
            Thread.sleep(random.nextLong(KILLS_APART.toMillis()));
        }
    }

    /** Live, of the nodes together; all must run. */
    @Override
    public void measureHeap() {
        heapBytes.add(cluster.liveHeap());
        say("live heap of the nodes: " + (heapBytes.getLast() >> 20) + " MiB");
    }

    /** Blocks until the fault is over and all have recovered, or have not in time. */
    public Result run() throws InterruptedException {
        FleetObserver observer = FleetObserver.both(ledger, watch);
        List<Fleet.Client> clients = IntStream.range(0, subscribers.size())
                .mapToObj(subscriber -> cast.client(cluster, subscriber))
                .toList();
        try (Fleet fleet = Fleet.start(clients, CONNECTS_PER_SECOND, observer)) {
            await("all subscribers to have a stream", OPEN, () -> fleet.open() == subscribers.size());
            lanes.forEach(of -> of.forEach(lane -> broadcasters.getFirst().broadcast(lane, PATIENCE)));
            broadcastQuiet();
            await("all subscribers to have a first event", OPEN, () -> ledger.behind() == 0);
            if (plan.fault().losesData()) {
                broker.saveCopy();
            }
            measureHeap();
            say(subscribers.size() + " subscribers, traffic begins");
            OptionalLong recovery = traffic(fleet, () -> {
                Thread.sleep(plan.length().traffic());
                strike();
                say("the fault is over");
            });
            if (recovery.isPresent()) {
                // It must go on as before, too.
                boolean _ = traffic(fleet, () -> Thread.sleep(plan.length().traffic()))
                        .isPresent();
            }
            Thread.sleep(AFTER);
            measureHeap();
            Optional<StatusWatch.Seen> outage =
                    plan.fault() == Fault.BROKER_UNAVAILABLE ? Optional.of(watch.seen()) : Optional.empty();
            return new Result(plan, Verdict.of(ledger), recovery, heapBytes, outage);
        }
    }

    private interface Happening {
        void happen() throws InterruptedException;
    }

    /** Broadcasts and drops connections until something has happened, then gives each lane its last event; how long they took to come. */
    private OptionalLong traffic(Fleet fleet, Happening until) throws InterruptedException {
        traffic = true;
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < broadcasters.size(); i++) {
            Broadcaster by = broadcasters.get(i);
            List<Lane> of = lanes.get(i);
            threads.add(Thread.ofPlatform().daemon().name("broadcaster-" + i).start(() -> broadcast(by, of)));
        }
        Thread restless = Thread.ofPlatform().daemon().name("restless").start(() -> drop(fleet));
        until.happen();
        long end = System.nanoTime();
        traffic = false;
        restless.join();
        return recovery(threads, end);
    }

    private void strike() throws InterruptedException {
        if (plan.fault() == Fault.RANDOM) {
            new RandomFaults(this).strike(plan.length().random());
        } else {
            say(plan.fault().meaning());
            plan.fault().strike(this);
        }
    }

    /** Numbered events in turn, then the last of each lane. */
    private void broadcast(Broadcaster by, List<Lane> of) {
        long next = System.nanoTime();
        for (int i = 0; traffic && !closed; i++) {
            boolean _ = by.broadcast(of.get(i % of.size()), PATIENCE);
            next = Math.max(System.nanoTime(), next + TimeUnit.MILLISECONDS.toNanos(BROADCAST_EVERY_MILLIS));
            LockSupport.parkNanos(next - System.nanoTime());
        }
        for (Lane lane : of) {
            if (!closed) {
                boolean _ = by.broadcast(lane, RECOVERY);
            }
        }
    }

    private void drop(Fleet fleet) {
        int[] numbers = IntStream.range(0, subscribers.size())
                .filter(FaultCast::isRestless)
                .toArray();
        while (traffic && !closed && numbers.length > 0) {
            fleet.drop(numbers[random.nextInt(numbers.length)]);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(DROP_EVERY_MILLIS));
        }
    }

    private OptionalLong recovery(List<Thread> threads, long end) throws InterruptedException {
        BooleanSupplier over = () -> threads.stream().noneMatch(Thread::isAlive) && ledger.behind() == 0;
        while (!over.getAsBoolean()) {
            if (System.nanoTime() - end > RECOVERY.toNanos()) {
                ledger.thoseBehind().forEach(this::say);
                return OptionalLong.empty();
            }
            Thread.sleep(10);
        }
        return OptionalLong.of(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - end));
    }

    private static void await(String what, Duration timeout, BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + timeout.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw LabException.failed("waited " + timeout.toSeconds() + " s for " + what);
            }
            Thread.sleep(10);
        }
    }

    @Override
    public void say(String what) {
        progress.println("carillon: " + plan.what() + ": " + what);
    }

    @Override
    public void close() {
        closed = true;
        broadcasters.forEach(Broadcaster::close);
        quietly.close();
        cluster.close();
        broker.close();
    }
}
