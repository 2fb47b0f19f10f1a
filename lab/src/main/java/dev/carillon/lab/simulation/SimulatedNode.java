package dev.carillon.lab.simulation;

import dev.carillon.auth.Grants;
import dev.carillon.base.CloseReason;
import dev.carillon.base.Platform;
import dev.carillon.broker.Appended;
import dev.carillon.broker.Idempotency;
import dev.carillon.broker.Interest;
import dev.carillon.delivery.Delivery;
import dev.carillon.delivery.Listeners;
import dev.carillon.delivery.MembershipListener;
import dev.carillon.fanout.FanOut;
import dev.carillon.fanout.FanOutConfig;
import dev.carillon.feed.Feed;
import dev.carillon.format.WireFormat;
import dev.carillon.format.WireFormats;
import dev.carillon.history.Catchup;
import dev.carillon.history.StartPoint;
import dev.carillon.lab.simulation.broker.BrokerLink;
import dev.carillon.lab.simulation.client.ServingNode;
import dev.carillon.lab.simulation.client.SimulatedPipe;
import dev.carillon.lab.simulation.cluster.ClusterNode;
import dev.carillon.lab.simulation.host.Host;
import dev.carillon.lab.simulation.host.Lane;
import dev.carillon.lab.simulation.plan.Defect;
import dev.carillon.lab.simulation.rules.FeedTrace;
import dev.carillon.lab.simulation.rules.LogTrace;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.quota.TenantLimitTable;
import dev.carillon.quota.TenantLimits;
import dev.carillon.scope.Event;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.socket.SendMode;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** One life of a node: the server's feed, fan-out, history and delivery, composed as in a real node, on a simulated host. */
final class SimulatedNode implements ServingNode, ClusterNode {
    private static final FanOutConfig FAN_OUT =
            new FanOutConfig(64 * 1024, 12, Duration.ofSeconds(15), SendMode.CHANNEL);
    private static final WireFormat FORMAT = WireFormats.SSE;
    private static final int MIN_RETRY_MILLIS = 100;
    private static final int MAX_RETRY_MILLIS = 1_000;

    private final Host host;
    private final BrokerLink link;
    private final Lane ioThread;
    private final FanOut fanOut;
    private final Delivery delivery;
    private final List<SimulatedPipe> pipes = new ArrayList<>();
    private boolean draining;

    SimulatedNode(Host host, BrokerLink link, LogTrace trace, Defect defect) {
        this.host = host;
        this.link = link;
        ioThread = new Lane(host);
        Platform platform = host.platform();
        MeterRegistry metrics = new CompositeMeterRegistry();
        MemoryBudget budget = MemoryBudget.unlimited();
        fanOut = new FanOut(FAN_OUT, List.of(FORMAT), ScopePolicies.DEFAULT, metrics, platform, budget);
        Listeners listeners = new Listeners(
                new FaultyListener(new FeedTrace(fanOut, host.name(), trace, link::begun), defect),
                budget,
                metrics,
                platform.threads());
        ScheduledExecutorService timer = platform.threads().newTimer("timer");
        Feed feed = new Feed(link, metrics, timer, platform.nanoTime(), listeners, budget);
        listeners.follow(feed);
        ScheduledFuture<?> _ = timer.scheduleWithFixedDelay(fanOut::tick, 1, 1, TimeUnit.SECONDS);
        delivery = new Delivery(
                feed,
                fanOut,
                new TenantLimits(TenantLimitTable.none(), link.store(), host.name(), metrics, platform.nanoTime()),
                new Catchup(link, fanOut, ScopePolicies.DEFAULT, budget, platform.nanoTime()),
                this::retryMillis,
                MembershipListener.NONE);
    }

    private int retryMillis() {
        return host.platform().random().nextInt(MIN_RETRY_MILLIS, MAX_RETRY_MILLIS);
    }

    @Override
    public Host host() {
        return host;
    }

    @Override
    public BrokerLink link() {
        return link;
    }

    @Override
    public Lane ioThread() {
        return ioThread;
    }

    @Override
    public boolean accepts() {
        return host.alive() && !draining;
    }

    @Override
    public void open(SimulatedPipe pipe, List<Interest> interests, String lastId, int client) {
        pipes.add(pipe);
        StartPoint from = lastId.isEmpty() ? null : new StartPoint.LastEvent(lastId);
        delivery.join(new Delivery.Request(Grants.ANONYMOUS, interests, from, false, client))
                .whenComplete((joined, e) -> ioThread.execute(() -> {
                    if (e == null) {
                        joined.open(
                                ioThread,
                                pipe,
                                FORMAT.preamble(),
                                new Delivery.OpenOptions(
                                        FORMAT,
                                        null,
                                        "{\"node\":\"" + host.name() + "\"}",
                                        reason -> pipes.remove(pipe),
                                        reason -> FORMAT.preamble()));
                    } else {
                        delivery.refuse(ioThread, pipe, FORMAT, FORMAT.preamble());
                    }
                }));
    }

    @Override
    public CompletionStage<Appended> broadcast(Event event, Idempotency by) {
        return link.channel().broadcast(event, by);
    }

    /** Refuses new clients and sends the others away. */
    @Override
    public void drain() {
        draining = true;
        host.run(() -> fanOut.endAll(CloseReason.DRAINING, this::retryMillis));
    }

    @Override
    public void crash() {
        host.end();
        link.close();
        pipes.forEach(SimulatedPipe::reset);
    }
}
