package dev.carillon.console;

import dev.carillon.admin.DrainProgress;
import dev.carillon.admin.NodeStatus;
import dev.carillon.cluster.BrokerState;
import dev.carillon.cluster.NodeRecord;
import dev.carillon.cluster.NodeRegistry;
import dev.carillon.rebalance.RebalanceProgress;
import dev.carillon.source.intake.SourceState;
import dev.carillon.source.intake.SourceStatus;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Compares the state of the node with that of a second ago, and notes what has changed. So no other part of the node needs to know of consoles. On the timer thread
 * only; does not block.
 */
final class NodeWatch {
    /** Failures with less time between them are one occurrence. */
    private static final int QUIET_SECONDS = 120;

    private final NodeStatus status;
    private final NodeRegistry registry;
    private final Supplier<DrainProgress> drain;
    private final Supplier<RebalanceProgress> rebalance;
    private final OccurrenceLog log;
    private final Counters epochs;
    private final Counters possibleLosses;
    private final Counters eventsLost;
    private final Counters webhookFailures;
    private final Counters webhookGivenUp;
    private final Map<String, Long> nodes = new HashMap<>();
    private final Map<String, String> sources = new HashMap<>();
    private boolean connected = true;
    private boolean writable = true;
    private DrainProgress.Phase phase = DrainProgress.Phase.SERVING;
    private RebalanceProgress.Phase run = RebalanceProgress.Phase.IDLE;
    private int webhookQuietSeconds = QUIET_SECONDS;
    private boolean isFirst = true;

    NodeWatch(LocalNode.Dependencies of, OccurrenceLog log) {
        this.status = of.status();
        this.registry = of.registry();
        this.drain = of.drain();
        this.rebalance = of.rebalance();
        this.log = log;
        MeterRegistry meters = of.meters();
        epochs = new Counters(meters, "carillon.feed.epochs");
        possibleLosses = new Counters(meters, "carillon.feed.possible.losses");
        eventsLost = new Counters(meters, "carillon.feed.events.lost");
        webhookFailures = new Counters(meters, "carillon.webhook.requests.failed");
        webhookGivenUp = new Counters(meters, "carillon.webhook.events.given.up");
    }

    void tick() {
        if (isFirst) {
            log.note("node-started", status.nodeId(), "node " + status.nodeId() + " has started");
        }
        compareNodes();
        compareBroker();
        compareDrain();
        compareRebalance();
        compareSources();
        compareCounters();
        isFirst = false;
    }

    private void compareNodes() {
        Map<String, Long> now = new HashMap<>();
        registry.nodes().forEach(node -> now.put(node.id(), node.generation()));
        now.forEach((id, generation) -> {
            Long before = nodes.get(id);
            if (before == null && !isFirst) {
                log.note("node-joined", id, "node " + id + " joined the cluster");
            } else if (before != null && !before.equals(generation)) {
                log.note("node-joined", id, "node " + id + " was started again");
            }
        });
        Set<String> gone = new HashSet<>(nodes.keySet());
        gone.removeAll(now.keySet());
        List<String> recorded = registry.recorded().stream().map(NodeRecord::id).toList();
        for (String id : gone) {
            if (recorded.contains(id)) {
                log.warn("node-lost", id, "node " + id + " was lost: it renews its record no more");
            } else {
                log.note("node-left", id, "node " + id + " left the cluster");
            }
        }
        nodes.clear();
        nodes.putAll(now);
    }

    private void compareBroker() {
        BrokerState broker = status.broker();
        if (connected != broker.connected()) {
            connected = broker.connected();
            if (connected) {
                log.note("broker-back", status.nodeId(), "node " + status.nodeId() + " has its broker again");
            } else {
                log.warn("broker-lost", status.nodeId(), "node " + status.nodeId() + " has lost its broker");
            }
        }
        if (writable != broker.writable()) {
            writable = broker.writable();
            if (writable) {
                log.note("broker-writable", broker.driver(), "the broker accepts writes again");
            } else {
                log.warn("broker-refuses", broker.driver(), "the broker refuses writes");
            }
        }
    }

    private void compareDrain() {
        DrainProgress progress = drain.get();
        if (progress.phase() == phase) {
            return;
        }
        phase = progress.phase();
        switch (phase) {
            case NOTICE ->
                log.note(
                        "drain-begun",
                        status.nodeId(),
                        "node " + status.nodeId() + " drains " + progress.connectionsAtStart() + " connections");
            case RELEASING ->
                log.note(
                        "drain-releasing",
                        status.nodeId(),
                        "node " + status.nodeId() + " takes no more clients and releases its own");
            case STOPPED -> log.note("drain-ended", status.nodeId(), "node " + status.nodeId() + " stops");
            case SERVING -> {
                // The state before any drain.
            }
        }
    }

    private void compareRebalance() {
        RebalanceProgress progress = rebalance.get();
        if (progress.phase() == run) {
            return;
        }
        run = progress.phase();
        switch (run) {
            case RUNNING -> log.note("rebalance-begun", status.nodeId(), "a rebalance has begun");
            case EVEN ->
                log.note(
                        "rebalance-ended",
                        status.nodeId(),
                        "a rebalance ended: the nodes are even, " + progress.released() + " streams moved");
            case UNEVEN, STOPPED ->
                log.warn(
                        "rebalance-ended",
                        status.nodeId(),
                        "a rebalance ended before the nodes were even"
                                + (progress.detail().isEmpty() ? "" : ": " + progress.detail()));
            case IDLE -> {
                // No run yet.
            }
        }
    }

    private void compareSources() {
        for (SourceStatus source : status.sources()) {
            String now = state(source.state());
            String before = sources.put(source.name(), now);
            if (now.equals(before) || before == null && isFirst) {
                continue;
            }
            String name = "source " + source.name();
            switch (source.state()) {
                case SourceState.Consuming _ ->
                    log.note("source-consuming", source.name(), "node " + status.nodeId() + " reads " + name);
                case SourceState.Waiting(String problem) ->
                    log.warn("source-waiting", source.name(), name + " waits: " + problem);
                case SourceState.Failed(String problem) ->
                    log.warn("source-failed", source.name(), name + " failed: " + problem);
                case SourceState.Standby _ -> {
                    // Another node reads it, and says so.
                }
            }
        }
    }

    static String state(SourceState state) {
        return switch (state) {
            case SourceState.Standby _ -> "standby";
            case SourceState.Consuming _ -> "consuming";
            case SourceState.Waiting _ -> "waiting";
            case SourceState.Failed _ -> "failed";
        };
    }

    private void compareCounters() {
        long opened = (long) epochs.increase();
        if (opened > 0) {
            log.warn("epoch", "log", opened == 1 ? "a log began a new epoch" : opened + " logs began new epochs");
        }
        if (possibleLosses.increase() > 0) {
            log.note(
                    "possible-loss",
                    status.nodeId(),
                    "node " + status.nodeId() + " may have missed events, and compares itself with the log");
        }
        long lost = (long) eventsLost.increase();
        if (lost > 0) {
            log.warn(
                    "events-lost",
                    status.nodeId(),
                    "node " + status.nodeId() + " could not fill " + lost
                            + " gaps from the log; clients were notified");
        }
        boolean failing = webhookFailures.increase() > 0;
        if (failing && webhookQuietSeconds >= QUIET_SECONDS) {
            log.warn("webhook-failed", "webhook", "requests to the webhook fail, and are repeated");
        }
        webhookQuietSeconds = failing ? 0 : Math.min(QUIET_SECONDS, webhookQuietSeconds + 1);
        long givenUp = (long) webhookGivenUp.increase();
        if (givenUp > 0) {
            log.warn("webhook-given-up", "webhook", givenUp + " changes for the webhook were given up");
        }
    }
}
