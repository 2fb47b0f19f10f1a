package dev.carillon.rebalance;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.cluster.Answers;
import dev.carillon.cluster.ControlMessage;
import dev.carillon.cluster.NodeHealth;
import dev.carillon.cluster.NodeRecord;
import dev.carillon.rebalance.RebalanceProgress.Phase;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run: rounds of looking at the shares, asking crowded nodes to release streams, and waiting until their clients are back. Several rounds, because where
 * the clients go is the proxy's choice, which may be a random one; each learns from the one before how many reach a node with fewer streams.
 *
 * <p>A drain, a node that does not answer and an unavailable broker end it, and then the nodes release no more. Runs on a thread that may block.
 */
final class RebalanceRun {
    static final int MAX_ROUNDS = 8;
    /** Time for the last released clients to be back. */
    static final long RETURN_MILLIS = 3_000;

    /** As above, where clients take longer, as on a busy machine. */
    static final long LONGEST_MILLIS = 15_000;

    private static final double BACK = 0.98;
    static final long POLL_MILLIS = 1_000;
    private static final long ANSWER_SECONDS = 15;
    private static final Logger LOGGER = LoggerFactory.getLogger(RebalanceRun.class);

    /** The other nodes, and this one. */
    interface Cluster {
        CompletionStage<Answers<NodeHealth>> health();

        /** Completes with the number of streams that the node will release. */
        CompletionStage<Integer> release(NodeRecord node, ControlMessage.ReleaseStreams message);
    }

    /** Waits; returns whether the run was stopped. */
    interface Pause {
        boolean stopped(long millis) throws InterruptedException;
    }

    /** The run ends early. */
    static final class Ended extends Exception {
        private static final long serialVersionUID = 1L;

        Ended(String reason) {
            super(reason);
        }
    }

    private final Cluster cluster;
    private final RebalanceTurn turn;
    private final RebalanceProgress.Terms terms;
    private final Pause pause;
    private final Consumer<RebalanceProgress> report;
    private final Map<String, NodeRecord> nodes = new HashMap<>();
    private RebalanceProgress progress;

    /** @param report receives each change */
    RebalanceRun(
            Cluster cluster,
            RebalanceTurn turn,
            RebalanceProgress begun,
            Pause pause,
            Consumer<RebalanceProgress> report) {
        this.cluster = cluster;
        this.turn = turn;
        this.terms = begun.terms();
        this.pause = pause;
        this.report = report;
        this.progress = begun;
    }

    /** Runs to its end, and returns how it ended. */
    RebalanceProgress run() throws InterruptedException {
        try {
            Phase end = rounds();
            progress = progress.ended(end, "");
        } catch (Ended e) {
            progress = progress.ended(Phase.STOPPED, String.valueOf(e.getMessage()));
            cancel();
        }
        report.accept(progress);
        return progress;
    }

    private Phase rounds() throws InterruptedException, Ended {
        double effect = 1;
        for (int round = 1; round <= MAX_ROUNDS; round++) {
            Map<String, Integer> before = look();
            RebalancePlan plan = RebalancePlan.of(before, terms.within(), effect);
            if (plan.isEmpty()) {
                return Phase.EVEN;
            }
            int asked = release(plan);
            if (asked == 0) {
                throw new Ended("no node releases streams");
            }
            update(progress.round(round, asked));
            LOGGER.atInfo()
                    .addKeyValue("round", round)
                    .addKeyValue("streams", before)
                    .addKeyValue("releases", new TreeMap<>(plan.releases()))
                    .log("crowded nodes release streams");
            Map<String, Integer> after = awaitReturn(plan, before);
            effect = (RebalancePlan.excess(before) - RebalancePlan.excess(after)) / asked;
        }
        return RebalancePlan.isEven(progress.streams(), terms.within()) ? Phase.EVEN : Phase.UNEVEN;
    }

    private int release(RebalancePlan plan) throws InterruptedException, Ended {
        int asked = 0;
        for (Map.Entry<String, Integer> each : plan.releases().entrySet()) {
            NodeRecord node = nodes.get(each.getKey());
            if (node != null) {
                asked += answer(cluster.release(node, new ControlMessage.ReleaseStreams(each.getValue(), terms.rate()))
                        .exceptionallyCompose(RebalanceRun::noneIfUnknown));
            }
        }
        return asked;
    }

    /** A node of an earlier release does not know the message, and keeps its streams. */
    private static CompletionStage<Integer> noneIfUnknown(Throwable e) {
        Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
        return cause instanceof CarillonException known && known.code() == ErrorCode.UNKNOWN_MESSAGE
                ? CompletableFuture.completedFuture(0)
                : CompletableFuture.failedFuture(cause);
    }

    /** Waits until the streams were released and their clients are back, or the shares are even already. */
    private Map<String, Integer> awaitReturn(RebalancePlan plan, Map<String, Integer> before)
            throws InterruptedException, Ended {
        long releasing = TimeUnit.SECONDS.toMillis(1) * plan.largest() / terms.rate() + StreamRelease.STEP_MILLIS;
        long waited = 0;
        Map<String, Integer> now = before;
        while (waited < releasing + RETURN_MILLIS || waited < releasing + LONGEST_MILLIS && !areBack(before, now)) {
            if (pause.stopped(POLL_MILLIS)) {
                throw new Ended("it was stopped");
            }
            waited += POLL_MILLIS;
            if (!answer(turn.renew())) {
                throw new Ended("another node rebalances, or the broker has lost the turn of this one");
            }
            now = look();
            if (waited >= releasing + StreamRelease.MAX_DELAY_MILLIS
                    && areBack(before, now)
                    && RebalancePlan.isEven(now, terms.within())) {
                return now;
            }
        }
        return now;
    }

    /** Whether nearly all clients have streams: others would be missing in the mean, and too many streams be released in the next round. */
    private static boolean areBack(Map<String, Integer> before, Map<String, Integer> now) {
        return sum(now) >= BACK * sum(before);
    }

    private static int sum(Map<String, Integer> streams) {
        return streams.values().stream().mapToInt(Integer::intValue).sum();
    }

    private Map<String, Integer> look() throws InterruptedException, Ended {
        Map<String, Integer> streams = streams(answer(cluster.health()), nodes);
        update(progress.with(streams));
        return streams;
    }

    /**
     * The streams of each node.
     *
     * @param known receives the nodes; all that it has must be there still
     * @throws Ended if one does not answer, drains, or has no broker
     */
    static Map<String, Integer> streams(Answers<NodeHealth> answers, Map<String, NodeRecord> known) throws Ended {
        if (!answers.current()) {
            throw new Ended("the broker is unavailable");
        }
        if (!answers.missing().isEmpty()) {
            throw new Ended("node " + answers.missing().getFirst().node().id() + " does not answer");
        }
        Map<String, Integer> streams = new TreeMap<>();
        for (Answers.Answer<NodeHealth> each : answers.answered()) {
            String id = each.node().id();
            if (!each.value().state().equals("serving")) {
                throw new Ended("node " + id + " drains");
            }
            if (!each.value().broker().connected()) {
                throw new Ended("the broker is unavailable at node " + id);
            }
            streams.put(id, each.value().streams());
        }
        for (String id : known.keySet()) {
            if (!streams.containsKey(id)) {
                throw new Ended("node " + id + " has left the cluster");
            }
        }
        answers.answered().forEach(each -> known.put(each.node().id(), each.node()));
        return streams;
    }

    /** Stops what the nodes still release; a node that does not answer ends by itself. */
    private void cancel() throws InterruptedException {
        for (NodeRecord node : nodes.values()) {
            try {
                int _ = answer(cluster.release(node, new ControlMessage.ReleaseStreams(0, terms.rate())));
            } catch (Ended e) {
                LOGGER.atDebug().addKeyValue("node", node.id()).log("a release was not stopped: {}", e.getMessage());
            }
        }
    }

    private void update(RebalanceProgress next) {
        progress = next;
        report.accept(next);
    }

    private static <T> T answer(CompletionStage<T> stage) throws InterruptedException, Ended {
        try {
            return stage.toCompletableFuture().get(ANSWER_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof CarillonException known) {
                throw new Ended(known.code().code() + ": " + known.getMessage());
            }
            throw new Ended(String.valueOf(e.getCause()));
        } catch (TimeoutException e) {
            throw new Ended("a node or the broker did not answer");
        }
    }
}
