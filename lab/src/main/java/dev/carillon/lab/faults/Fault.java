package dev.carillon.lab.faults;

import dev.carillon.process.TestServer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What a run does to a cluster; each begins, holds and ends. */
public enum Fault {
    NODE_KILL("node-kill", Part.NODE, "a node is killed; started again after 3 s"),
    NODE_KILLS("node-kills", Part.ALL, "nodes at random are killed, one after the other; each is back before the next"),
    NODE_PAUSE("node-pause", Part.NODE, "a node stands still for 5 s"),
    NODE_STOP("node-stop", Part.NODE, "a node is told to stop, drains, and is started again"),
    BROKER_RESTART("broker-restart", Part.BROKER, "the broker restarts with its data"),
    BROKER_LOST("broker-lost", Part.BROKER, "the broker is killed, and starts without data"),
    BROKER_OLDER("broker-older", Part.BROKER, "the broker is killed, and starts with an older copy of its data"),
    BROKER_PAUSE("broker-pause", Part.BROKER, "the broker stands still for 20 s"),
    BROKER_UNAVAILABLE(
            "broker-unavailable", Part.ALL, "the broker ends, and starts again with its data after a long time"),
    LINK_CUT("link-cut", Part.LINK, "one node has no link to the broker for 5 s"),
    LAST_EVENT("last-event", Part.LINK, "one node misses the last event of a scope"),
    CLIENT_CUT(
            "client-cut", Part.CLIENTS, "a third of the clients lose their connections, and cannot come back for 3 s"),
    RANDOM("random", Part.ALL, "all of these but broker-unavailable at random, some two at once");

    /** What it befalls: faults of different parts may happen at once. */
    enum Part {
        NODE,
        BROKER,
        LINK,
        CLIENTS,
        /** It has a run of its own. */
        ALL
    }

    private static final int VICTIM = 1;

    private final String text;
    private final Part part;
    private final String meaning;

    Fault(String text, Part part, String meaning) {
        this.text = text;
        this.part = part;
        this.meaning = meaning;
    }

    public String text() {
        return text;
    }

    Part part() {
        return part;
    }

    String meaning() {
        return meaning;
    }

    boolean losesData() {
        return this == BROKER_LOST || this == BROKER_OLDER || this == RANDOM;
    }

    /** Those that come at random. */
    static List<Fault> singles() {
        return Arrays.stream(values()).filter(fault -> fault.part != Part.ALL).toList();
    }

    /** By its text. */
    public static Optional<Fault> of(String text) {
        return Arrays.stream(values()).filter(fault -> fault.text.equals(text)).findFirst();
    }

    /** Begins, holds, and ends; returns when it is over. Not for {@link #RANDOM}, which is a sequence of others. */
    void strike(FaultTarget target) throws InterruptedException {
        FaultCluster cluster = target.cluster();
        switch (this) {
            case NODE_KILL -> {
                cluster.signal(VICTIM, "KILL");
                hold(3);
                cluster.startNode(VICTIM);
            }
            case NODE_KILLS -> target.killNodes();
            case NODE_PAUSE -> {
                cluster.signal(VICTIM, "STOP");
                hold(5);
                cluster.signal(VICTIM, "CONT");
            }
            case NODE_STOP -> {
                cluster.signal(VICTIM, "TERM");
                cluster.awaitExit(VICTIM);
                cluster.startNode(VICTIM);
            }
            case BROKER_RESTART -> cluster.broker().restart(TestServer.Data.KEPT);
            case BROKER_LOST -> lose(target, TestServer.Data.LOST);
            case BROKER_OLDER -> lose(target, TestServer.Data.OLDER);
            case BROKER_PAUSE -> {
                cluster.broker().pause();
                hold(20);
                cluster.broker().resume();
            }
            case BROKER_UNAVAILABLE -> target.awaitReturnOfBroker();
            case LINK_CUT -> {
                cluster.link(VICTIM).cut();
                hold(5);
                cluster.link(VICTIM).heal();
            }
            case LAST_EVENT -> {
                cluster.link(VICTIM).cut();
                target.broadcastQuiet();
                hold(1);
                cluster.link(VICTIM).heal();
            }
            case CLIENT_CUT -> {
                cluster.clientLink().cut();
                hold(3);
                cluster.clientLink().heal();
            }
            case RANDOM -> throw new IllegalStateException("no single fault");
        }
    }

    private static void lose(FaultTarget target, TestServer.Data data) {
        // Before and after: what was repeated over either may be there twice.
        target.ledger().dataLost();
        target.cluster().broker().restart(data);
        target.ledger().dataLost();
    }

    private static void hold(int seconds) throws InterruptedException {
        Thread.sleep(Duration.ofSeconds(seconds));
    }
}
