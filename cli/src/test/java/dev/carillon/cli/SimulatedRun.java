package dev.carillon.cli;

import static org.awaitility.Awaitility.await;

import dev.carillon.lab.bench.Latencies;
import dev.carillon.lab.fleet.Fleet;
import dev.carillon.lab.fleet.FleetObserver;
import dev.carillon.lab.fleet.StreamEvent;
import dev.carillon.process.ProcessCost;
import dev.carillon.process.RedisServer;
import dev.carillon.proxy.ProxyConfig;
import dev.carillon.proxy.StickyProxy;
import dev.carillon.testkit.Patience;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** A real cluster to compare a simulated one with: nodes as processes behind the embedded proxy, and clients that reconnect. */
final class SimulatedRun implements AutoCloseable, FleetObserver {
    static final int NODES = 3;
    private static final String TOPIC = "simulated";
    private static final int MAX_LATENCIES = 2_000_000;

    private final int clients;
    private final RedisServer broker = new RedisServer();
    private final NodeProcesses nodes;
    private final StickyProxy proxy;
    private final Fleet fleet;
    private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(2);
    private final ScheduledFuture<?> broadcasts;
    private final ScheduledFuture<?> costs;
    private final Map<Long, Long> cpuMillis = new HashMap<>();
    private Latencies latencies = new Latencies(MAX_LATENCIES);
    // Guarded by this.
    private int without;
    private int mostWithout;
    private long lastOpenedNanos;
    /** Clients that received an answer after which an EventSource does not reconnect. */
    private int refused;

    /**
     * What happened.
     *
     * @param processors of all nodes together, mean
     * @param mostWaiting clients without a stream at one moment
     * @param fullestNode clients of the fullest node at the end, as a multiple of the mean
     */
    record Observed(
            double processors, double p99Millis, int mostWaiting, double untilBackSeconds, double fullestNode) {}

    /** Something that is done to the cluster. */
    interface Disturbance {
        void to(NodeProcesses nodes) throws InterruptedException;
    }

    SimulatedRun(int clients, int rate) throws InterruptedException {
        this.clients = clients;
        this.nodes = new NodeProcesses(
                NODES,
                broker.address(),
                Map.of(
                        "CARILLON_DRAIN_NOTICE", "5s",
                        "CARILLON_DRAIN_TIMEOUT", "25s",
                        "CARILLON_HEARTBEAT", "15s",
                        "CARILLON_STREAMS_PER_ADDRESS", "0",
                        "CARILLON_REQUESTS_PER_ADDRESS", "0",
                        "CARILLON_TRUSTED_PROXIES", "127.0.0.1"));
        this.proxy = StickyProxy.start(ProxyConfig.of(nodes.addresses())
                .withLimits(ProxyConfig.Limits.DEFAULT.withStreamsPerAddress(0).withConnectionsPerAddress(0)));
        this.without = clients;
        this.fleet = Fleet.start(
                new Fleet.Plan(
                        clients,
                        List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), proxy.port())),
                        "/events?topic=" + TOPIC,
                        200),
                this);
        await().until(() -> fleet.open() == clients);
        this.broadcasts = timer.scheduleAtFixedRate(this::broadcast, 0, 1_000_000 / rate, TimeUnit.MICROSECONDS);
        this.costs = timer.scheduleAtFixedRate(this::readCosts, 0, 200, TimeUnit.MILLISECONDS);
    }

    private void broadcast() {
        nodes.publish(TOPIC, Long.toString(System.nanoTime()));
    }

    private synchronized void readCosts() {
        for (int node : nodes.serving()) {
            long pid = nodes.pid(node);
            try {
                cpuMillis.put(pid, ProcessCost.of(pid).cpuMillis());
            } catch (UncheckedIOException e) {
                // It has just ended: what it used before counts.
            }
        }
    }

    private synchronized long allCpuMillis() {
        readCosts();
        return cpuMillis.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Waits until code is compiled. */
    void warmUp(Duration time) {
        pass(time);
    }

    /** Time must pass: a steady cluster does not change. */
    private static void pass(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        await().atMost(time.plus(Patience.LIMIT)).until(() -> System.nanoTime() >= end);
    }

    Observed observe(Disturbance disturbance, Duration length) throws InterruptedException {
        synchronized (this) {
            latencies = new Latencies(MAX_LATENCIES);
            mostWithout = without;
        }
        long cpu = allCpuMillis();
        long begin = System.nanoTime();
        disturbance.to(nodes);
        await().atMost(Duration.ofMinutes(5)).until(() -> fleet.open() + refused() == clients);
        Duration left = length.minusNanos(System.nanoTime() - begin);
        if (left.isPositive()) {
            pass(left);
        }
        double seconds = (System.nanoTime() - begin) / 1e9;
        long used = allCpuMillis() - cpu;
        long fullest =
                proxy.nodes().stream().mapToLong(node -> node.open()).max().orElse(0);
        synchronized (this) {
            return new Observed(
                    used / 1e3 / seconds,
                    latencies.quantile(0.99) / 1e6,
                    mostWithout,
                    mostWithout == 0 ? 0 : (lastOpenedNanos - begin) / 1e9,
                    (double) fullest * NODES / clients);
        }
    }

    /** Clients that are lost for good; a proxy whose nodes are all down refuses so. */
    synchronized int refused() {
        return refused;
    }

    @Override
    public synchronized void refusedForGood(int client, int status) {
        refused++;
    }

    @Override
    public synchronized void opened(int client, long nanos) {
        without--;
        lastOpenedNanos = nanos;
    }

    @Override
    public synchronized void closed(int client, long nanos) {
        without++;
        mostWithout = Math.max(mostWithout, without);
    }

    @Override
    public void event(int client, StreamEvent event, long nanos) {
        if (event.type().isEmpty()) {
            Latencies now;
            synchronized (this) {
                now = latencies;
            }
            now.add(nanos - Long.parseLong(event.data()));
        }
    }

    @Override
    public void close() {
        broadcasts.cancel(false);
        costs.cancel(false);
        timer.shutdownNow();
        fleet.close();
        proxy.close();
        nodes.close();
        broker.close();
    }
}
