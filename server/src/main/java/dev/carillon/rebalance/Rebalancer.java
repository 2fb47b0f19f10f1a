package dev.carillon.rebalance;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.broker.Store;
import dev.carillon.cluster.Answers;
import dev.carillon.cluster.Control;
import dev.carillon.cluster.ControlMessage;
import dev.carillon.cluster.NodeHealth;
import dev.carillon.cluster.NodeRecord;
import dev.carillon.rebalance.RebalanceProgress.Phase;
import dev.carillon.rebalance.RebalanceProgress.Terms;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Begins runs, for operators and by itself, at most one in the cluster at a time. Thread-safe; never blocks. */
public final class Rebalancer implements Rebalancing, AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(Rebalancer.class);

    private final RebalanceConfig config;
    private final RebalanceRun.Cluster cluster;
    private final RebalanceTurn turn;
    private final Supplier<List<NodeRecord>> live;
    private final Map<Phase, Counter> results = new EnumMap<>(Phase.class);
    private final Platform platform;
    /** Used by {@link #tick} only. */
    private final JoinWatch joins;
    /** Set while a run begins or runs; opened to stop it. */
    private final AtomicReference<@Nullable CountDownLatch> running = new AtomicReference<>();

    private volatile RebalanceProgress progress = RebalanceProgress.IDLE;

    /** @param live the nodes of the cluster, without calls to them */
    public Rebalancer(
            RebalanceConfig config,
            String nodeId,
            Control control,
            Store store,
            Supplier<List<NodeRecord>> live,
            MeterRegistry registry,
            Platform platform) {
        this.config = config;
        this.cluster = new RebalanceRun.Cluster() {
            @Override
            public CompletionStage<Answers<NodeHealth>> health() {
                return control.health();
            }

            @Override
            public CompletionStage<Integer> release(NodeRecord node, ControlMessage.ReleaseStreams message) {
                return control.releaseStreams(node, message);
            }
        };
        this.turn = new RebalanceTurn(store, nodeId);
        this.live = live;
        for (Phase end : List.of(Phase.EVEN, Phase.UNEVEN, Phase.STOPPED)) {
            results.put(
                    end,
                    Counter.builder("carillon.rebalance.runs")
                            .description("Runs of a rebalance that this node has begun and that have ended")
                            .tag("result", end.name().toLowerCase(Locale.ROOT))
                            .register(registry));
        }
        this.platform = platform;
        this.joins = new JoinWatch(nodeId, platform.nanoTime());
    }

    @Override
    public Terms terms() {
        return new Terms(config.rate(), Terms.WITHIN);
    }

    @Override
    public RebalanceProgress progress() {
        return progress;
    }

    @Override
    public CompletionStage<RebalanceProgress> start(Terms terms) {
        CountDownLatch stop = new CountDownLatch(1);
        if (!running.compareAndSet(null, stop)) {
            return CompletableFuture.failedFuture(unavailable("this node rebalances already"));
        }
        return cluster.health()
                .thenCompose(answers -> {
                    Map<String, Integer> streams = streams(answers);
                    return turn.take().thenApply(taken -> {
                        if (!taken) {
                            throw unavailable("another node rebalances");
                        }
                        return begin(RebalanceProgress.begin(streams, terms), stop);
                    });
                })
                .whenComplete((begun, e) -> {
                    if (e != null) {
                        running.set(null);
                    }
                });
    }

    private static Map<String, Integer> streams(Answers<NodeHealth> answers) {
        Map<String, Integer> streams;
        try {
            streams = RebalanceRun.streams(answers, new HashMap<>());
        } catch (RebalanceRun.Ended e) {
            throw unavailable(String.valueOf(e.getMessage()));
        }
        if (streams.size() < 2) {
            throw unavailable("the cluster has only one node");
        }
        return streams;
    }

    private static CarillonException unavailable(String reason) {
        return new CarillonException(ErrorCode.REBALANCE_UNAVAILABLE, reason);
    }

    private RebalanceProgress begin(RebalanceProgress begun, CountDownLatch stop) {
        progress = begun;
        platform.threads()
                .blocking("carillon-rebalance", () -> run(begun, stop))
                .start();
        return begun;
    }

    private void run(RebalanceProgress begun, CountDownLatch stop) {
        try {
            long from = platform.nanoTime().getAsLong();
            RebalanceProgress end = new RebalanceRun(
                            cluster,
                            turn,
                            begun,
                            millis -> stop.await(millis, TimeUnit.MILLISECONDS),
                            now -> progress = now)
                    .run();
            Counter ended = results.get(end.phase());
            if (ended != null) {
                ended.increment();
            }
            LOGGER.atInfo()
                    .addKeyValue("result", end.phase())
                    .addKeyValue("reason", end.detail())
                    .addKeyValue("rounds", end.round())
                    .addKeyValue("released", end.released())
                    .addKeyValue("streams", end.streams())
                    .addKeyValue(
                            "seconds",
                            TimeUnit.NANOSECONDS.toSeconds(platform.nanoTime().getAsLong() - from))
                    .log("the rebalance has ended");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            CompletionStage<Boolean> _ = turn.giveBack().whenComplete((x, e) -> running.set(null));
        }
    }

    @Override
    public boolean stop() {
        CountDownLatch stop = running.get();
        if (stop == null) {
            return false;
        }
        stop.countDown();
        return true;
    }

    /** Begins a run by itself where that is due; to be called every few seconds on one thread. */
    public void tick() {
        if (!config.auto() || !joins.isDue(live.get())) {
            return;
        }
        LOGGER.atInfo().log("a node has joined and the shares differ: rebalancing");
        CompletionStage<RebalanceProgress> _ = start(terms()).whenComplete((begun, e) -> {
            if (e != null) {
                LOGGER.atInfo().log("the rebalance was postponed: {}", e.getMessage());
                platform.timer().execute(joins::postpone);
            }
        });
    }

    @Override
    public void close() {
        boolean _ = stop();
    }
}
