package dev.carillon.lab.faults;

import dev.carillon.base.Text;
import dev.carillon.lab.LabException;
import dev.carillon.lab.account.Broadcaster;
import dev.carillon.lab.account.EventSequence;
import dev.carillon.lab.account.Ledger;
import dev.carillon.lab.account.OutageObserver;
import dev.carillon.lab.account.Subscriber;
import dev.carillon.lab.account.Verdict;
import dev.carillon.lab.cluster.Commands;
import dev.carillon.lab.cluster.OtherProxy;
import dev.carillon.lab.fleet.Fleet;
import dev.carillon.lab.fleet.FleetObserver;
import dev.carillon.process.NatsCluster;
import dev.carillon.process.NatsServer;
import dev.carillon.process.RedisServer;
import dev.carillon.process.SentinelServers;
import dev.carillon.process.TestServer;
import java.io.PrintStream;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * One fault on a cluster of its own. Subscribers connect, each sequence gets its first event, and traffic begins; then the fault is injected. When
 * it is over each sequence gets its last event; the cluster has recovered when all subscribers have received these. Traffic then continues for a
 * short time.
 */
public final class FaultRun implements FaultTarget, AutoCloseable {
    /** Name of a broker: a primary Redis server with two replicas; broadcasts wait for one of them. */
    public static final String SENTINEL = "redis-sentinel";

    public static final String CLUSTER = "nats-cluster";

    private static final int REPLICAS = 2;
    private static final Duration OPEN = Duration.ofSeconds(60);
    private static final Duration RECOVERY = Duration.ofSeconds(60);
    /** Waiting time for late duplicates. */
    private static final Duration LATE_DELIVERIES = Duration.ofMillis(500);

    /** Why nodes refuse streams while the broker restarts. */
    private static final Set<String> UNAVAILABLE = Set.of("unavailable");

    private static final Pattern DRAIN = Pattern.compile("roll: node (\\S+): drain, .*");
    /** Notices soon that a node is paused. */
    private static final Duration QUICK_RESPONSE = Duration.ofSeconds(3);
    /** Only a request that is not answered at all fails. */
    private static final Duration PATIENT_RESPONSE = Duration.ofSeconds(30);
    /** Nodes release their clients soon after the notice, by drain-rate. */
    private static final Duration LATE_BROADCASTS = Duration.ofSeconds(4);

    private static final Duration BROADCAST_TIMEOUT = Duration.ofSeconds(8);
    /** Maximum downtime of a killed node, and maximum time until the next kill. */
    private static final Duration MAX_KILL_PAUSE = Duration.ofSeconds(3);

    private static final int CONNECTS_PER_SECOND = 200;
    /** All clients connect within half of the time for that. */
    private static final long CONNECT_SECONDS = OPEN.toSeconds() / 2;

    private static final int SERVERS = 3;
    private static final long BROADCAST_EVERY_MILLIS = 80;
    private static final int CLIENTS_PER_MILLI = 6;
    private static final long DROP_EVERY_MILLIS = 150;

    /**
     * A validated plan.
     *
     * @param length durations of the run
     * @param proxy instead of the proxy of this project
     */
    public record Plan(
            Audience audience, String broker, Fault fault, int subscribers, Length length, Optional<OtherProxy> proxy) {
        /** A short title of the run. */
        public String title() {
            return broker + ", " + label();
        }

        /** The fault, with what differs from the default. */
        public String label() {
            return fault.label()
                    + (audience == Audience.EVENTS ? "" : ", " + audience.label())
                    + proxy.map(other -> ", " + other.name()).orElse("");
        }
    }

    /**
     * Durations of a run.
     *
     * @param traffic duration of the traffic before the fault and after the recovery
     * @param random duration of random faults
     * @param outage duration of the broker outage of {@link Fault#BROKER_UNAVAILABLE}
     * @param kills number of kills of {@link Fault#NODE_KILLS}
     */
    public record Length(Duration traffic, Duration random, Duration outage, int kills) {}

    /** The outcome of a plan. */
    public sealed interface Outcome {
        Plan plan();

        boolean clean();
    }

    /**
     * A run that could not begin or failed.
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
     * The result of a completed run.
     *
     * @param recoveryMillis time from the end of the fault until all subscribers were complete; empty if that did not happen in time
     * @param heapBytes live heap of all nodes together: before the traffic, perhaps during the fault, and at the end
     * @param outage observations during a broker outage; only of {@link Fault#BROKER_UNAVAILABLE} and {@link Fault#BROKER_FULL}
     * @param reconnects observations during a rolling restart; only of {@link Fault#ROLL} and {@link Fault#ROLL_BROKER}
     */
    public record Result(
            Plan plan,
            Verdict verdict,
            OptionalLong recoveryMillis,
            List<Long> heapBytes,
            Optional<OutageObserver.Result> outage,
            Optional<Reconnects.Result> reconnects)
            implements Outcome {
        public Result {
            heapBytes = List.copyOf(heapBytes);
        }

        @Override
        public boolean clean() {
            return verdict.clean()
                    && recoveryMillis.isPresent()
                    && outage.map(this::isClean).orElse(true)
                    && (!plan.fault().restartsNodes() || undisturbed());
        }

        /** A broker that only refuses writes is connected, so clients are not notified. */
        private boolean isClean(OutageObserver.Result streams) {
            return plan.fault() == Fault.BROKER_FULL ? streams.ended() == 0 : streams.clean();
        }

        /**
         * Whether every request and every attempt to open a stream succeeded, and every client moved. Refusals for the moment are allowed only while the broker
         * restarts, and not by a node that drains.
         */
        private boolean undisturbed() {
            boolean refusals = plan.fault() == Fault.ROLL_BROKER;
            return verdict.failedRequests() == 0
                    && (refusals || verdict.refusedRequests() == 0)
                    && reconnects
                            .map(found -> found.notOpened().isEmpty()
                                    && (refusals ? UNAVAILABLE : Set.<String>of())
                                            .containsAll(found.refused().keySet())
                                    && found.moved() == found.clients())
                            .orElse(false);
        }
    }

    private final Plan plan;
    private final PrintStream progress;
    private final TestServer broker;
    private final FaultCluster cluster;
    private final Workload workload;
    private final List<List<EventSequence>> sequences;
    private final EventSequence quiet;
    private final Ledger ledger;
    private final List<Subscriber> subscribers;
    private final List<Broadcaster> broadcasters = new ArrayList<>();
    private final Broadcaster quietBroadcaster;
    private final List<EventSequence> late;
    private final OutageObserver outageObserver = new OutageObserver();
    private final Reconnects reconnects;
    private final List<Long> heapBytes = new ArrayList<>();
    private final Random random = new Random();
    private final long broadcastEveryMillis;
    private volatile boolean traffic = true;
    private volatile boolean closed;

    /**
     * Starts the broker and the cluster.
     *
     * @param progress receives progress lines
     * @param log receives the output of the processes
     */
    public FaultRun(Commands commands, Plan plan, PrintStream progress, PrintStream log) {
        this.plan = plan;
        this.workload = plan.audience().workload();
        this.reconnects = new Reconnects(plan.subscribers());
        this.sequences = workload.sequences();
        this.progress = progress;
        this.broker = broker(plan.broker());
        try {
            FaultCluster.Options options = plan.fault().restartsNodes()
                    ? FaultCluster.Options.patient(plan.proxy(), plan.subscribers())
                    : FaultCluster.Options.quick(plan.proxy(), plan.subscribers());
            this.cluster =
                    FaultCluster.start(commands, broker, workload.anonymous() ? options : options.requireToken(), log);
        } catch (RuntimeException e) {
            broker.close();
            throw e;
        }
        List<EventSequence> all =
                new ArrayList<>(sequences.stream().flatMap(List::stream).toList());
        this.quiet = workload.quiet(all.size());
        all.add(quiet);
        this.late = plan.fault().restartsNodes() ? workload.late(all.size()) : List.of();
        all.addAll(late);
        this.subscribers = workload.subscribers(plan.subscribers());
        this.ledger = new Ledger(Long.toString(System.currentTimeMillis(), 36), all, subscribers);
        Map<String, String> tokens = new HashMap<>();
        for (EventSequence sequence : all) {
            tokens.computeIfAbsent(sequence.tenant(), tenant -> workload.broadcasterToken(cluster, tenant));
        }
        UnaryOperator<String> tokenOf = tenant -> String.valueOf(tokens.get(tenant));
        // A node that restarts refuses connections, which only a proxy hides.
        List<URI> addresses = plan.fault().restartsNodes()
                ? Collections.nCopies(Workload.BROADCASTERS, cluster.proxy())
                : List.of(cluster.proxy(), cluster.node(0), cluster.node(1), cluster.node(2));
        Duration responseTimeout = plan.fault().restartsNodes() ? PATIENT_RESPONSE : QUICK_RESPONSE;
        for (int i = 0; i < Workload.BROADCASTERS; i++) {
            List<URI> own = new ArrayList<>(addresses.subList(i, addresses.size()));
            own.addAll(addresses.subList(0, i));
            broadcasters.add(new Broadcaster(workload.api(i), ledger, own, tokenOf, responseTimeout));
        }
        this.quietBroadcaster = new Broadcaster(
                workload.api(0),
                ledger,
                plan.fault().restartsNodes() ? addresses : List.of(cluster.node(0), cluster.node(2)),
                tokenOf,
                responseTimeout);
        // More clients get fewer events each.
        this.broadcastEveryMillis = Math.max(BROADCAST_EVERY_MILLIS, plan.subscribers() / CLIENTS_PER_MILLI);
    }

    private static TestServer broker(String name) {
        return switch (name) {
            case "nats" -> new NatsServer();
            case CLUSTER -> new NatsCluster(SERVERS);
            case SENTINEL -> new SentinelServers(REPLICAS);
            default -> new RedisServer();
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
        boolean _ = quietBroadcaster.broadcast(quiet, BROADCAST_TIMEOUT);
    }

    /** The others cannot reconnect during an outage. */
    @Override
    public void observeStreams() {
        outageObserver.begin(number -> !Workload.losesConnections(number));
    }

    @Override
    public void stopBroker() throws InterruptedException {
        observeStreams();
        broker.stop();
        Duration half = plan.length().outage().dividedBy(2);
        Thread.sleep(half);
        measureHeap();
        Thread.sleep(half);
        broker.start();
    }

    /** Each node is ready again before the next kill, but its clients may not have reconnected. */
    @Override
    public void killNodes() throws InterruptedException {
        for (int i = 1; i <= plan.length().kills(); i++) {
            int node = random.nextInt(FaultCluster.NODES);
            report("kill " + i + " of " + plan.length().kills() + ": node " + (node + 1));
            cluster.signal(node, "KILL");
            Thread.sleep(random.nextLong(MAX_KILL_PAUSE.toMillis()));
            cluster.startNode(node);
            Thread.sleep(random.nextLong(MAX_KILL_PAUSE.toMillis()));
        }
    }

    /** While a node releases its clients, an event is broadcast to each of some late sequences. */
    @Override
    public void roll(boolean restartBroker) throws InterruptedException {
        List<List<EventSequence>> ofNodes = IntStream.range(0, FaultCluster.NODES)
                .mapToObj(node -> IntStream.range(0, late.size())
                        .filter(i -> i % FaultCluster.NODES == node)
                        .mapToObj(late::get)
                        .toList())
                .toList();
        Semaphore drains = new Semaphore(0);
        reconnects.begin();
        Thread tasks = Thread.ofVirtual().name("during-roll").start(() -> {
            try {
                for (int node = 0; node < FaultCluster.NODES; node++) {
                    drains.acquire();
                    Thread.sleep(cluster.drainNotice());
                    if (restartBroker && node == 1) {
                        report("the broker is restarted");
                        reconnects.mark("broker restarts");
                        broker.restart(TestServer.Data.KEPT);
                    }
                    broadcastLate(ofNodes.get(node));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        cluster.roll(line -> {
            report(line);
            Matcher drain = DRAIN.matcher(line);
            if (drain.matches()) {
                reconnects.mark("node " + drain.group(1) + " drains");
                drains.release();
            }
        });
        reconnects.mark("all restarted");
        tasks.join();
    }

    private void broadcastLate(List<EventSequence> some) throws InterruptedException {
        for (EventSequence sequence : some) {
            Thread.sleep(LATE_BROADCASTS.dividedBy(some.size()));
            boolean _ = quietBroadcaster.broadcast(sequence, BROADCAST_TIMEOUT);
        }
    }

    /** All nodes must run. */
    @Override
    public void measureHeap() {
        heapBytes.add(cluster.liveHeap());
        report("live heap of the nodes: " + (heapBytes.getLast() >> 20) + " MiB");
    }

    /** Blocks until the cluster has recovered from the fault, or has not in time. */
    public Result run() throws InterruptedException {
        FleetObserver observer = FleetObserver.both(ledger, FleetObserver.both(outageObserver, reconnects));
        List<Fleet.Client> clients = IntStream.range(0, subscribers.size())
                .mapToObj(subscriber -> workload.client(cluster, subscriber))
                .toList();
        int connectsPerSecond = (int) Math.max(CONNECTS_PER_SECOND, subscribers.size() / CONNECT_SECONDS);
        try (Fleet fleet = Fleet.start(clients, connectsPerSecond, observer)) {
            await("all streams to open", OPEN, () -> fleet.open() == subscribers.size());
            sequences.forEach(
                    own -> own.forEach(sequence -> broadcasters.getFirst().broadcast(sequence, BROADCAST_TIMEOUT)));
            broadcastQuiet();
            await("all subscribers to receive the first events", OPEN, () -> ledger.incomplete() == 0);
            if (plan.fault().losesData() && !cluster.hasServers()) {
                broker.saveCopy();
            }
            measureHeap();
            report(subscribers.size() + " subscribers, traffic begins");
            OptionalLong recovery = traffic(fleet, () -> {
                Thread.sleep(plan.length().traffic());
                injectFault();
                report("the fault is over");
            });
            if (recovery.isPresent()) {
                // Delivery must also work afterwards.
                boolean _ = traffic(fleet, () -> Thread.sleep(plan.length().traffic()))
                        .isPresent();
            }
            Thread.sleep(LATE_DELIVERIES);
            measureHeap();
            Optional<OutageObserver.Result> outage =
                    plan.fault().observesStreams() ? Optional.of(outageObserver.result()) : Optional.empty();
            Optional<Reconnects.Result> moves =
                    plan.fault().restartsNodes() ? Optional.of(reconnects.result()) : Optional.empty();
            return new Result(plan, Verdict.of(ledger), recovery, heapBytes, outage, moves);
        }
    }

    private interface Action {
        void run() throws InterruptedException;
    }

    /** Broadcasts and closes connections during an action, then broadcasts the last event of each sequence; returns the recovery time. */
    private OptionalLong traffic(Fleet fleet, Action during) throws InterruptedException {
        traffic = true;
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < broadcasters.size(); i++) {
            Broadcaster broadcaster = broadcasters.get(i);
            List<EventSequence> own = sequences.get(i);
            threads.add(Thread.ofPlatform().daemon().name("broadcaster-" + i).start(() -> broadcast(broadcaster, own)));
        }
        Thread disconnector = Thread.ofPlatform().daemon().name("disconnector").start(() -> drop(fleet));
        during.run();
        long end = System.nanoTime();
        traffic = false;
        disconnector.join();
        return recovery(threads, end);
    }

    private void injectFault() throws InterruptedException {
        if (plan.fault() == Fault.RANDOM) {
            new RandomFaults(this).inject(plan.length().random());
        } else {
            report(plan.fault().description());
            plan.fault().inject(this);
        }
    }

    /** Broadcasts to the sequences in turn while there is traffic, then the last event of each. */
    private void broadcast(Broadcaster broadcaster, List<EventSequence> own) {
        long next = System.nanoTime();
        for (int i = 0; traffic && !closed; i++) {
            boolean _ = broadcaster.broadcast(own.get(i % own.size()), BROADCAST_TIMEOUT);
            next = Math.max(System.nanoTime(), next + TimeUnit.MILLISECONDS.toNanos(broadcastEveryMillis));
            LockSupport.parkNanos(next - System.nanoTime());
        }
        for (EventSequence sequence : own) {
            if (!closed) {
                boolean _ = broadcaster.broadcast(sequence, RECOVERY);
            }
        }
    }

    private void drop(Fleet fleet) {
        int[] numbers = IntStream.range(0, subscribers.size())
                // The ends of streams in a rolling restart are to be those that it causes.
                .filter(number -> !plan.fault().restartsNodes() && Workload.losesConnections(number))
                .toArray();
        while (traffic && !closed && numbers.length > 0) {
            fleet.drop(numbers[random.nextInt(numbers.length)]);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(DROP_EVERY_MILLIS));
        }
    }

    private OptionalLong recovery(List<Thread> threads, long end) throws InterruptedException {
        BooleanSupplier recovered = () -> threads.stream().noneMatch(Thread::isAlive) && ledger.incomplete() == 0;
        while (!recovered.getAsBoolean()) {
            if (System.nanoTime() - end > RECOVERY.toNanos()) {
                ledger.describeIncomplete().forEach(this::report);
                return OptionalLong.empty();
            }
            Thread.sleep(10);
        }
        return OptionalLong.of(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - end));
    }

    private static void await(String description, Duration timeout, BooleanSupplier condition)
            throws InterruptedException {
        long end = System.nanoTime() + timeout.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw LabException.failed("waited " + timeout.toSeconds() + " s for " + description);
            }
            Thread.sleep(10);
        }
    }

    @Override
    public void report(String line) {
        progress.println("carillon: " + plan.title() + ": " + line);
    }

    @Override
    public void close() {
        closed = true;
        broadcasters.forEach(Broadcaster::close);
        quietBroadcaster.close();
        cluster.close();
        broker.close();
    }
}
