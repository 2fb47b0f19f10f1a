package dev.carillon.lab.faults;

import dev.carillon.lab.LabException;
import dev.carillon.process.NatsCluster;
import dev.carillon.process.RedisServer;
import dev.carillon.process.SentinelServers;
import dev.carillon.process.TestServer;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A fault that a run injects into a cluster: it begins, lasts and ends. */
public enum Fault {
    NODE_KILL("node-kill", Part.NODE, "a node is killed, and restarted after 3 s"),
    NODE_KILLS("node-kills", Part.ALL, "random nodes are killed one after the other, each restarted before the next"),
    NODE_PAUSE("node-pause", Part.NODE, "a node is paused for 5 s"),
    NODE_STOP("node-stop", Part.NODE, "a node is stopped with a drain, and restarted"),
    BROKER_RESTART("broker-restart", Part.BROKER, "the broker is restarted with its data"),
    BROKER_LOST("broker-lost", Part.BROKER, "the broker is killed, and restarted without data"),
    BROKER_OLDER("broker-older", Part.BROKER, "the broker is killed, and restarted with an older copy of its data"),
    BROKER_PAUSE("broker-pause", Part.BROKER, "the broker is paused for 20 s"),
    BROKER_UNAVAILABLE(
            "broker-unavailable", Part.ALL, "the broker is stopped, and restarted with its data after a long outage"),
    BROKER_FULL("broker-full", Part.ALL, "Redis has no memory left for 10 s, and refuses writes"),
    PRIMARY_KILL(
            "primary-kill",
            Part.SENTINELS,
            "the primary server of the broker is killed, and restarted after sentinels have promoted another one"),
    PRIMARY_CUT(
            "primary-cut",
            Part.SENTINELS,
            "the primary server of the broker is cut off from sentinels and replicas, and not from nodes, until sentinels have promoted another one"),
    ROLL("roll", Part.ALL, "all nodes are restarted one after another by the command roll"),
    ROLL_BROKER(
            "roll-broker-restart",
            Part.ALL,
            "all nodes are restarted one after another by the command roll, and meanwhile the broker with its data"),
    LINK_CUT("link-cut", Part.LINK, "the link between one node and the broker is cut for 5 s"),
    LAST_EVENT("last-event", Part.LINK, "one node misses the last event of a scope"),
    CLIENT_CUT(
            "client-cut", Part.CLIENTS, "a third of the clients lose their connections, and cannot reconnect for 3 s"),
    LEADER_KILL(
            "leader-kill",
            Part.SERVERS,
            "three times the server that leads the log is killed, and restarted after 3 s"),
    MAJORITY_KILL(
            "majority-kill", Part.SERVERS, "two of the broker's three servers are killed, and restarted after 15 s"),
    SERVER_ROLL("server-roll", Part.SERVERS, "the broker's servers are restarted one after another"),
    RANDOM("random", Part.ALL, "random faults other than broker-unavailable and node-kills, sometimes two at once");

    /** The part of a cluster that is affected; faults of different parts may be combined. */
    enum Part {
        NODE,
        BROKER,
        /** One of the servers of a broker that is a cluster. */
        SERVERS,
        LINK,
        CLIENTS,
        /** A primary server with replicas, which only some brokers have; cannot be combined with others. */
        SENTINELS,
        /** The fault cannot be combined with others. */
        ALL
    }

    private static final int VICTIM = 1;
    private static final int LEADER_KILLS = 3;
    /** The log of the tenant with the most traffic. */
    private static final String LOG = "CARILLON_LOG_default";

    private final String label;
    private final Part part;
    private final String description;

    Fault(String label, Part part, String description) {
        this.label = label;
        this.part = part;
        this.description = description;
    }

    public String label() {
        return label;
    }

    Part part() {
        return part;
    }

    String description() {
        return description;
    }

    boolean losesData() {
        return this == BROKER_LOST || this == BROKER_OLDER || this == RANDOM;
    }

    /** Whether the fault is one of a primary server with replicas. */
    public boolean needsSentinels() {
        return part == Part.SENTINELS;
    }

    /** Whether a run with a broker of this name can have it: only a Redis server gets another limit of memory while it runs. */
    public boolean suits(String broker) {
        return this != BROKER_FULL || broker.equals("redis");
    }

    /** Whether open streams must stay open although the broker does not serve. */
    boolean observesStreams() {
        return this == BROKER_UNAVAILABLE || this == BROKER_FULL;
    }

    /** Whether nodes leave with time for all of their clients, which must then have no disadvantage at all. */
    boolean restartsNodes() {
        return this == ROLL || this == ROLL_BROKER;
    }

    /** Whether the broker must be a cluster of servers. */
    public boolean needsServers() {
        return part == Part.SERVERS;
    }

    /**
     * Faults that {@link #RANDOM} chooses from.
     *
     * @param servers whether the broker is a cluster; its nodes have links to several servers, and it loses no data
     */
    static List<Fault> combinable(boolean servers) {
        Set<Part> parts = servers
                ? EnumSet.of(Part.NODE, Part.SERVERS, Part.CLIENTS)
                : EnumSet.of(Part.NODE, Part.BROKER, Part.LINK, Part.CLIENTS);
        return Arrays.stream(values())
                .filter(fault -> parts.contains(fault.part))
                .toList();
    }

    /** The fault with this name. */
    public static Optional<Fault> of(String label) {
        return Arrays.stream(values())
                .filter(fault -> fault.label.equals(label))
                .findFirst();
    }

    /** Injects the fault and blocks until it is over. Not for {@link #RANDOM}, which is a sequence of other faults. */
    void inject(FaultTarget target) throws InterruptedException {
        FaultCluster cluster = target.cluster();
        switch (this) {
            case NODE_KILL -> {
                cluster.signal(VICTIM, "KILL");
                pause(3);
                cluster.startNode(VICTIM);
            }
            case NODE_KILLS -> target.killNodes();
            case NODE_PAUSE -> {
                cluster.signal(VICTIM, "STOP");
                pause(5);
                cluster.signal(VICTIM, "CONT");
            }
            case NODE_STOP -> {
                cluster.signal(VICTIM, "TERM");
                cluster.awaitExit(VICTIM);
                cluster.startNode(VICTIM);
            }
            case BROKER_RESTART -> cluster.broker().restart(TestServer.Data.KEPT);
            case BROKER_LOST -> loseData(target, TestServer.Data.LOST);
            case BROKER_OLDER -> loseData(target, TestServer.Data.OLDER);
            case BROKER_PAUSE -> {
                cluster.broker().pause();
                pause(20);
                cluster.broker().resume();
            }
            case BROKER_UNAVAILABLE -> target.stopBroker();
            case BROKER_FULL -> {
                target.observeStreams();
                redis(target).configure("maxmemory", "1");
                pause(10);
                redis(target).configure("maxmemory", "0");
            }
            case PRIMARY_KILL -> {
                target.ledger().dataLost();
                sentinels(target).killPrimary().start();
                target.ledger().dataLost();
            }
            case PRIMARY_CUT -> {
                target.ledger().dataLost();
                RedisServer former = sentinels(target).cutPrimary();
                target.ledger().dataLost();
                sentinels(target).heal(former);
            }
            case ROLL -> target.roll(false);
            case ROLL_BROKER -> target.roll(true);
            case LINK_CUT -> {
                cluster.link(VICTIM).cut();
                pause(5);
                cluster.link(VICTIM).heal();
            }
            case LAST_EVENT -> {
                cluster.link(VICTIM).cut();
                target.broadcastQuiet();
                pause(1);
                cluster.link(VICTIM).heal();
            }
            case CLIENT_CUT -> {
                cluster.clientLink().cut();
                pause(3);
                cluster.clientLink().heal();
            }
            case LEADER_KILL -> {
                for (int i = 0; i < LEADER_KILLS; i++) {
                    int leader = awaitLeader(cluster.servers());
                    cluster.servers().kill(leader);
                    target.report("server " + (leader + 1) + " led the log, and was killed");
                    long killed = System.nanoTime();
                    int next = awaitLeader(cluster.servers());
                    target.report("server " + (next + 1) + " leads after "
                            + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - killed) + " ms");
                    pause(3);
                    cluster.servers().start(leader);
                    awaitCurrent(cluster.servers());
                }
            }
            case MAJORITY_KILL -> {
                cluster.servers().kill(0);
                cluster.servers().kill(1);
                pause(15);
                cluster.servers().start(0);
                cluster.servers().start(1);
                awaitCurrent(cluster.servers());
            }
            case SERVER_ROLL -> {
                for (int i = 0; i < cluster.servers().size(); i++) {
                    cluster.servers().stop(i);
                    pause(1);
                    cluster.servers().start(i);
                    // As an operator does.
                    awaitCurrent(cluster.servers());
                }
            }
            case RANDOM -> throw new IllegalStateException("random is a sequence of faults");
        }
    }

    private static RedisServer redis(FaultTarget target) {
        if (target.cluster().broker() instanceof RedisServer server) {
            return server;
        }
        throw LabException.failed("the broker is no Redis server");
    }

    private static SentinelServers sentinels(FaultTarget target) {
        if (target.cluster().broker() instanceof SentinelServers servers) {
            return servers;
        }
        throw LabException.failed("the broker has no sentinels");
    }

    private static int awaitLeader(NatsCluster servers) throws InterruptedException {
        await("a server to lead the log", () -> servers.leader(LOG).isPresent());
        return servers.leader(LOG).orElseThrow(() -> LabException.failed("the log lost its leader"));
    }

    private static void awaitCurrent(NatsCluster servers) throws InterruptedException {
        await("all servers to be current", servers::current);
    }

    private static void await(String description, BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw LabException.failed("waited 2 minutes for " + description);
            }
            Thread.sleep(50);
        }
    }

    private static void loseData(FaultTarget target, TestServer.Data data) {
        // Before and after: events retried across either moment may be duplicated.
        target.ledger().dataLost();
        target.cluster().broker().restart(data);
        target.ledger().dataLost();
    }

    private static void pause(int seconds) throws InterruptedException {
        Thread.sleep(Duration.ofSeconds(seconds));
    }
}
