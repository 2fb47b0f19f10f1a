package dev.carillon.node;

import dev.carillon.auth.Grants;
import dev.carillon.auth.Lease;
import dev.carillon.autopsy.Autopsy;
import dev.carillon.base.ConfigException;
import dev.carillon.base.Platform;
import dev.carillon.broadcast.BroadcastTrace;
import dev.carillon.broadcast.Broadcaster;
import dev.carillon.broker.Broker;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.HealthEvent;
import dev.carillon.cluster.ClusterIdentity;
import dev.carillon.cluster.NodeAddress;
import dev.carillon.cluster.NodeRecord;
import dev.carillon.cluster.NodeRegistry;
import dev.carillon.context.ContextRecords;
import dev.carillon.context.Contexts;
import dev.carillon.delivery.Listeners;
import dev.carillon.extension.Development;
import dev.carillon.fanout.FanOut;
import dev.carillon.feed.Feed;
import dev.carillon.format.WireFormats;
import dev.carillon.lease.ClusterLeases;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.presence.ChangeLog;
import dev.carillon.presence.ScopePresence;
import dev.carillon.quota.TenantLimits;
import dev.carillon.revocation.Revocations;
import dev.carillon.source.intake.Sources;
import dev.carillon.trace.Tracing;
import dev.carillon.trace.TracingOptions;
import dev.carillon.trace.TracingProvider;
import dev.carillon.trace.span.CallSpans;
import dev.carillon.trace.span.EventSpans;
import dev.carillon.trace.span.TracingConfig;
import dev.carillon.webhook.WebhookConfig;
import dev.carillon.webhook.WebhookDeliverer;
import dev.carillon.webhook.WebhookLog;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The part of a node without ports: broker, feed, fan-out, contexts and the node's record in the registry. The constructor opens them in order
 * of dependency and adds them to the {@link Resources} of the node.
 */
final class NodeServices {
    private static final Logger LOGGER = LoggerFactory.getLogger(NodeServices.class);
    private static final long LEAVE_MILLIS = 1_000;
    private static final int REVOCATION_SECONDS = 30;

    final NodeConfig config;
    final Platform platform;
    final NodeMetrics metrics;
    final Broker broker;
    final MemoryBudget budget;
    final FanOut fanOut;
    final Listeners listeners;
    final Autopsy autopsy;
    final Feed feed;
    final Broadcaster broadcaster;
    final NodeRegistry registry;
    final ClusterIdentity cluster;
    final ContextRecords contextRecords;
    final Contexts contexts;
    final Revocations revocations;
    final ClusterLeases leases;
    final ScopePresence presence;
    final TenantLimits tenantLimits;
    final Sources sources;
    /** Null: calls and requests are not traced. */
    final @Nullable CallSpans calls;
    /** Empty in production. */
    final Optional<Development> development;

    private final ScheduledExecutorService timer;
    /** Where other nodes reach this one; null: the node does not serve yet. */
    private volatile @Nullable NodeAddress address;
    /** Whether the start has succeeded. */
    private volatile boolean announced;

    /** @param onReplaced called when another process has started with the same node id; returns whether this node stops because of that */
    NodeServices(NodeConfig config, Platform platform, Resources resources, BooleanSupplier onReplaced) {
        this.config = config;
        this.platform = platform;
        development = config.development ? Optional.of(new Development()) : Optional.empty();
        metrics = resources.add(new NodeMetrics());
        timer = platform.threads().newTimer("carillon-timer-" + config.nodeId);
        resources.add(timer::shutdownNow);
        Tracing tracing =
                config.tracing.map(NodeServices::open).map(resources::add).orElse(null);
        EventSpans spans = tracing == null ? null : new EventSpans(tracing.api());
        calls = tracing == null ? null : new CallSpans(tracing.api());
        Broker opened = Brokers.open(config.broker, config.brokerOptions, platform);
        broker = resources.add(new MeasuredBroker(spans == null ? opened : spans.traced(opened), metrics.registry));
        budget = new MemoryBudget(config.memoryBudget, metrics.registry);
        fanOut = resources.add(new FanOut(
                config.fanOut, WireFormats.ALL, config.brokerOptions.policies(), metrics.registry, platform, budget));
        autopsy = new Autopsy(config.whyEvents, config.brokerOptions.policies(), platform.clock());
        fanOut.record(autopsy);
        listeners = resources.add(new Listeners(fanOut, budget, metrics.registry, platform.threads()));
        feed = new Feed(
                broker,
                metrics.registry,
                timer,
                platform.nanoTime(),
                autopsy.watching(spans == null ? listeners : spans.traced(listeners)),
                budget);
        listeners.follow(feed);
        tenantLimits = new TenantLimits(
                config.tenantLimits, broker.store(), config.nodeId, metrics.registry, platform.nanoTime());
        broadcaster = new Broadcaster(
                broker,
                (event, id) -> {
                    fanOut.deliverLocally(event);
                    listeners.deliverLocally(event, id);
                },
                config.brokerOptions.policies(),
                tenantLimits::broadcast,
                metrics.registry,
                platform.secureRandom(),
                spans == null ? BroadcastTrace.OFF : spans,
                autopsy);
        registry = NodeRegistry.register(
                broker.store(),
                platform.clock().millis(),
                new NodeRegistry.Registration(config.nodeId, this::record, onReplaced, platform.nanoTime()));
        // A start that fails leaves no record behind.
        resources.add(() -> {
            if (!announced) {
                leave();
            }
        });
        cluster = ClusterIdentity.start(broker.store(), platform.secureRandom());
        contextRecords = new ContextRecords(broker.store(), config.nodeId, registry.generation());
        contexts = new Contexts(contextRecords, config.contextLinger, platform.nanoTime(), platform.secureRandom());
        revocations = resources.add(Revocations.open(broker, platform.clock(), fanOut::closeRevoked));
        fanOut.closeIf(this::isRevoked);
        leases = resources.add(new ClusterLeases(
                broker.store(), config.nodeId + "/" + registry.generation(), metrics.registry, platform));
        presence = presence(resources);
        sources = resources.add(
                new Sources(config.sources, config.nodeId, broker, broadcaster, leases, metrics.registry, platform));
        broker.health().listen(this::sendStatus);
        metrics.bind(broker, contexts::count, feed);
    }

    private static Tracing open(TracingOptions options) {
        return ServiceLoader.load(TracingProvider.class)
                .findFirst()
                .orElseThrow(() -> new ConfigException(
                        TracingConfig.TRACING, "on", "needs the module carillon-tracing on the class path"))
                .open(options);
    }

    private ScopePresence presence(Resources resources) {
        Optional<WebhookConfig> webhook =
                config.webhook.filter(x -> config.brokerOptions.policies().anyPresence());
        ScopePresence opened = resources.add(new ScopePresence(
                broker,
                new ScopePresence.Membership(config.nodeId, registry.generation(), registry),
                config.brokerOptions.policies(),
                config.presenceGrace,
                webhook.isPresent() ? new WebhookLog(broker.channel()) : ChangeLog.NONE,
                metrics.registry,
                platform));
        webhook.ifPresent(to -> resources
                .add(new WebhookDeliverer(broker, to, leases, metrics.registry, platform))
                .start());
        return opened;
    }

    /** Starts the periodic work. */
    void startTimer() {
        every(1, fanOut::tick);
        every(1, contexts::sweep);
        every(1, tenantLimits::tick);
        every(1, leases::tick);
        every(2, registry::tick);
        every(2, cluster::refresh);
        every(REVOCATION_SECONDS, revocations::refresh);
        if (config.brokerOptions.policies().anyPresence()) {
            registry.listen(presence::check);
            every(1, presence::tick);
        }
    }

    /** Runs a task on the timer thread; the task must not block. */
    void every(int seconds, Runnable task) {
        ScheduledFuture<?> _ = timer.scheduleWithFixedDelay(
                () -> {
                    try {
                        task.run();
                    } catch (RuntimeException e) {
                        // An exception would cancel the schedule.
                        LOGGER.error("a periodic task failed", e);
                    }
                },
                seconds,
                seconds,
                TimeUnit.SECONDS);
    }

    /** Writes the address into the node's record: from now on other nodes call this one. Waits within the time limits of the broker. */
    void announce(NodeAddress internalAddress) {
        address = internalAddress;
        registry.tick().toCompletableFuture().join();
        announced = true;
        sources.start();
    }

    /** Removes the node's record, waiting up to one second for the broker. */
    void leave() throws InterruptedException, ExecutionException, TimeoutException {
        boolean _ = registry.leave().toCompletableFuture().get(LEAVE_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Waits until the last bytes of every stream are written. A client that does not read them is not waited for. */
    void awaitNoStreams(long maxMillis) throws InterruptedException {
        CountDownLatch ended = new CountDownLatch(1);
        ScheduledFuture<?> check = timer.scheduleWithFixedDelay(
                () -> {
                    if (fanOut.connectionCount() == 0) {
                        ended.countDown();
                    }
                },
                0,
                10,
                TimeUnit.MILLISECONDS);
        boolean _ = ended.await(maxMillis, TimeUnit.MILLISECONDS);
        check.cancel(false);
    }

    private NodeRecord record(long generation) {
        NodeAddress known = address;
        return new NodeRecord(
                config.nodeId,
                generation,
                Optional.ofNullable(known),
                known == null ? 0 : contexts.count(),
                fanOut.connectionCount());
    }

    private boolean isRevoked(Grants grants, Supplier<@Nullable String> sessionOf) {
        Lease lease = grants.lease();
        if (lease != null && lease.check() == Lease.State.WITHDRAWN
                || revocations.any() && revocations.isRevoked(grants)) {
            return true;
        }
        String session = revocations.anySession() ? sessionOf.get() : null;
        return session != null && revocations.isRevoked(grants, session);
    }

    /** Open streams stay open while the broker is unavailable for their tenant, and receive its state. */
    private void sendStatus(HealthEvent event) {
        BrokerNotice.of(event, broker.health())
                .ifPresent(notice -> fanOut.sendTo(notice.tenants(), "carillon.status", notice.data()));
    }
}
