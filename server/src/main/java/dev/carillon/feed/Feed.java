package dev.carillon.feed;

import dev.carillon.broker.Broker;
import dev.carillon.broker.Chain;
import dev.carillon.broker.HealthEvent;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.broker.Log;
import dev.carillon.broker.Page;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers the events of this node's interests, each once and in log order for each tenant, to one listener that must not block.
 *
 * <p>Missing events are read from the log and delivered in log order, before any newer event where possible. A later event reveals them
 * at once, by its sequence. Heads reveal them within seconds: they are compared every two seconds while a log moves on, and after every
 * possible loss, during which live events wait for the result. {@link TenantFeed} has the states and their rules; this class performs,
 * outside its monitor, the requests that they need.
 */
public final class Feed {
    private static final Logger LOGGER = LoggerFactory.getLogger(Feed.class);
    private static final Timing TIMING = new Timing(2_000, 1_000);
    /** Maximum number of interests of a tenant that one round compares; with more, the rounds take turns. */
    private static final int MAX_COMPARED = 2_000;

    /**
     * Timing of the comparisons of heads.
     *
     * @param intervalMillis time between two rounds
     * @param graceMillis time that an event may be in flight before a head ahead of it counts as a gap
     */
    record Timing(long intervalMillis, long graceMillis) {}

    private final Broker broker;
    private final FeedListener listener;
    private final FeedMetrics metrics;
    private final Interests interests;
    private final ScheduledExecutorService timer;
    private final LongSupplier nanoTime;
    private final Timing timing;
    private final Map<Tenant, TenantFeed> tenants = new ConcurrentHashMap<>();
    /** Tenants whose log is being read to fill gaps, one read at a time per tenant. */
    private final Set<Tenant> tenantsBeingRead = ConcurrentHashMap.newKeySet();

    private final Map<Tenant, Integer> rotation = new ConcurrentHashMap<>();
    private final ChainCounts heldChains = new ChainCounts();
    private final ChainStarts starts;

    /**
     * @param timer runs short tasks that do not block; its owner shuts it down, after closing the broker
     * @param nanoTime a monotonic clock
     */
    public Feed(
            Broker broker,
            MeterRegistry registry,
            ScheduledExecutorService timer,
            LongSupplier nanoTime,
            FeedListener listener,
            MemoryBudget budget) {
        this(broker, registry, timer, nanoTime, listener, budget, TIMING);
    }

    Feed(
            Broker broker,
            MeterRegistry registry,
            ScheduledExecutorService timer,
            LongSupplier nanoTime,
            FeedListener listener,
            MemoryBudget budget,
            Timing timing) {
        this.broker = broker;
        this.listener = listener;
        this.metrics = new FeedMetrics(registry);
        this.timer = timer;
        this.nanoTime = nanoTime;
        this.timing = timing;
        this.starts = new ChainStarts(broker.log(), heldChains::hasAny, this::start);
        this.interests = new Interests(
                broker.channel(), tenant -> broker.health().connected(tenant), budget, this::onJoined, this::onLeft);
        broker.channel().listen(this::receive);
        broker.health().listen(this::onHealth);
        ScheduledFuture<?> _ = timer.scheduleWithFixedDelay(
                this::tick, timing.intervalMillis(), timing.intervalMillis(), TimeUnit.MILLISECONDS);
    }

    /**
     * Joins the interests, or increments their reference counts. Completes when the broker has confirmed all of them; from then on no
     * event is missed unnoticed. Fails as {@link dev.carillon.broker.Channel#join} does, and where the memory budget refuses; then no
     * count has changed.
     *
     * @param address client address that is charged for the memory
     */
    public CompletionStage<Void> join(Collection<Interest> requested, long address) {
        return interests.hold(joined(requested), holder(requested, address));
    }

    /**
     * Decrements the reference counts that one {@link #join} incremented. An interest whose count is zero is left a few seconds later.
     */
    public void leave(Collection<Interest> released, long address) {
        interests.release(joined(released), holder(released, address));
    }

    private static Interests.Holder holder(Collection<Interest> of, long address) {
        return new Interests.Holder(address, InterestBytes.perHolder(of));
    }

    /**
     * Equal interests to store for a long time: the feed's own objects where it has them, so that thousands of clients share one object.
     */
    public List<Interest> interned(Collection<Interest> joined) {
        return interests.interned(joined);
    }

    private static List<Interest> joined(Collection<Interest> of) {
        List<Interest> joined = new ArrayList<>(of.size());
        for (Interest interest : of) {
            joined.add(interest.joined());
        }
        return joined;
    }

    /** The reference count of an interest. */
    public int referenceCount(Interest interest) {
        return interests.referenceCount(interest);
    }

    /**
     * Notes the epoch of a stream that opens, whose interests are joined and which receives what the listener receives from now on.
     *
     * @param start position after which live events follow
     * @return whether the tenant's log has opened a later epoch, which was reported to the listener before, if at all
     */
    public boolean opened(Tenant tenant, Position start) {
        return heldChains.hasAny(tenant) && tenant(tenant).opened(start);
    }

    private void receive(Live live) {
        Tenant tenant = live.event().tenant();
        TenantFeed feed = tenant(tenant);
        perform(tenant, feed, feed.receive(live));
    }

    private void perform(Tenant tenant, TenantFeed feed, TenantFeed.Action next) {
        switch (next) {
            case NONE -> {}
            // Of this tenant alone: others see their epoch at their next event or tick. All would be compared once for
            // each.
            case COMPARE_HEADS -> compare(tenant, interestsOf(tenant));
            case FILL_GAPS -> fillGaps(tenant, feed);
        }
    }

    /**
     * Reads the log from the first gap on, page by page, until it has nothing newer. Stops when the broker does not answer; {@link #tick}
     * tries again.
     */
    private void fillGaps(Tenant tenant, TenantFeed feed) {
        Position from = feed.fillFrom();
        if (from == null || !tenantsBeingRead.add(tenant)) {
            return;
        }
        CompletionStage<Page> page;
        try {
            page = broker.log().read(tenant, readScopes(tenant), from, Log.MAX_PAGE);
        } catch (RuntimeException e) {
            page = CompletableFuture.failedFuture(e);
        }
        page.whenComplete((read, e) -> {
            boolean more = false;
            try {
                more = e == null && feed.replay(from, read, chains -> interestsOf(tenant, chains));
            } catch (RuntimeException failure) {
                // Live events wait while gaps are filled, so a failure must not end the filling: the next tick tries
                // again.
                LOGGER.error("missing events could not be delivered", failure);
            } finally {
                tenantsBeingRead.remove(tenant);
            }
            if (more) {
                // One page at a time: a long outage would otherwise flood the outboxes.
                listener.settled().whenComplete((x, y) -> fillGaps(tenant, feed));
            } else if (e != null) {
                LOGGER.atDebug().log("missing events could not be read yet: {}", e.getMessage());
            }
        });
    }

    /** The scopes to read; empty, which means all of the tenant, where there are too many. */
    private List<Scope> readScopes(Tenant tenant) {
        List<Scope> scopes = new ArrayList<>();
        for (Interest interest : interests.joined()) {
            if (interest.tenant().equals(tenant)) {
                if (interest.scope() == null || scopes.size() == Log.MAX_SCOPES) {
                    return List.of();
                }
                scopes.add(interest.scope());
            }
        }
        return scopes;
    }

    private List<Interest> interestsOf(Tenant tenant) {
        return interests.joined().stream()
                .filter(interest -> interest.tenant().equals(tenant))
                .toList();
    }

    private List<Interest> interestsOf(Tenant tenant, Set<Chain> chains) {
        return interestsOf(tenant).stream()
                .filter(interest -> !Collections.disjoint(broker.channel().chains(interest), chains))
                .toList();
    }

    private TenantFeed tenant(Tenant tenant) {
        return tenants.computeIfAbsent(tenant, t -> new TenantFeed(t, metrics, listener, broker.channel()::chains));
    }

    private void onJoined(List<Interest> joined) {
        chains(joined).forEach(heldChains::hold);
        starts.joined(joined);
    }

    private void start(Tenant tenant, List<Interest> of, Map<Chain, Position> heads) {
        Set<Chain> held = heldChains.held(tenant, chains(of).getOrDefault(tenant, List.of()));
        if (!held.isEmpty()) {
            tenant(tenant).begin(held, heads);
        }
    }

    private void onLeft(List<Interest> left) {
        chains(left).forEach((tenant, of) -> {
            Set<Chain> unheld = Set.copyOf(heldChains.release(tenant, of));
            if (heldChains.hasAny(tenant)) {
                tenant(tenant).forget(unheld);
            } else {
                tenants.remove(tenant);
                starts.forget(tenant);
                rotation.remove(tenant);
            }
        });
    }

    /** The chains of each tenant, once for each interest that they link. */
    private Map<Tenant, List<Chain>> chains(Collection<Interest> of) {
        Map<Tenant, List<Chain>> chains = new HashMap<>();
        for (Interest interest : of) {
            chains.computeIfAbsent(interest.tenant(), t -> new ArrayList<>())
                    .addAll(broker.channel().chains(interest));
        }
        return chains;
    }

    private void onHealth(HealthEvent event) {
        switch (event) {
            // The driver has logged the first two. Events between a lost connection and its possible loss must wait,
            // too.
            case HealthEvent.Unavailable _ -> suspend(event);
            case HealthEvent.Connected _ -> {}
            case HealthEvent.PossibleLoss loss -> {
                LOGGER.atDebug().addKeyValue("reason", loss.reason()).log("events may have been missed");
                metrics.possibleLosses.increment();
                suspend(event);
                byTenant().forEach((tenant, of) -> {
                    if (event.affects(tenant)) {
                        resolvePossibleLoss(tenant, of);
                    }
                });
            }
        }
    }

    private void suspend(HealthEvent event) {
        tenants.forEach((tenant, feed) -> {
            if (event.affects(tenant)) {
                feed.suspend();
            }
        });
    }

    private void tick() {
        try {
            interests.sweep();
            tenants.forEach((tenant, feed) -> {
                if (broker.health().connected(tenant)) {
                    fillGaps(tenant, feed);
                }
            });
            byTenant().forEach((tenant, of) -> {
                if (broker.health().connected(tenant)) {
                    starts.retry(tenant, of);
                    resolvePossibleLoss(tenant, of);
                    compareIfMoved(tenant, of);
                }
            });
        } catch (RuntimeException e) {
            // An exception would cancel the schedule and thus the detection of gaps.
            LOGGER.error("comparing heads failed", e);
        }
    }

    /** Skips a log that has not moved on, unless heads could not be compared, or it has interests whose turn has not come since it moved. */
    private void compareIfMoved(Tenant tenant, List<Interest> of) {
        broker.log().head(tenant).whenComplete((head, e) -> {
            TenantFeed feed = tenants.get(tenant);
            if (e == null && feed != null) {
                boolean _ = feed.seeEpoch(head.epoch(), head.sequence() + 1);
                if (feed.mustCompare(head) || of.size() > MAX_COMPARED) {
                    compare(tenant, rotatingPart(tenant, of));
                }
            }
        });
    }

    private Map<Tenant, List<Interest>> byTenant() {
        return interests.joined().stream().collect(Collectors.groupingBy(Interest::tenant));
    }

    private List<Interest> rotatingPart(Tenant tenant, List<Interest> of) {
        if (of.size() <= MAX_COMPARED) {
            return of;
        }
        int from = Math.floorMod(rotation.merge(tenant, MAX_COMPARED, Integer::sum), of.size());
        return of.subList(from, Math.min(of.size(), from + MAX_COMPARED));
    }

    private void compare(Tenant tenant, List<Interest> of) {
        for (int from = 0; from < of.size(); from += Log.MAX_HEADS) {
            List<Interest> part = of.subList(from, Math.min(of.size(), from + Log.MAX_HEADS));
            broker.log().heads(part).whenComplete((heads, e) -> {
                TenantFeed feed = tenants.get(tenant);
                if (feed == null) {
                    return;
                }
                if (e != null) {
                    feed.compareAgain();
                } else if (feed.compare(heads, nanoTime.getAsLong())) {
                    ScheduledFuture<?> _ = timer.schedule(
                            () -> perform(
                                    tenant,
                                    feed,
                                    feed.confirmSuspicions(
                                            nanoTime.getAsLong(), TimeUnit.MILLISECONDS.toNanos(timing.graceMillis()))),
                            timing.graceMillis() + 50,
                            TimeUnit.MILLISECONDS);
                }
            });
        }
    }

    /** Requests all heads of a suspended tenant. */
    private void resolvePossibleLoss(Tenant tenant, List<Interest> of) {
        TenantFeed feed = tenants.get(tenant);
        if (feed == null || !feed.isSuspended()) {
            return;
        }
        List<CompletableFuture<Map<Chain, Position>>> answers = new ArrayList<>();
        for (int from = 0; from < of.size(); from += Log.MAX_HEADS) {
            answers.add(broker.log()
                    .heads(of.subList(from, Math.min(of.size(), from + Log.MAX_HEADS)))
                    .toCompletableFuture());
        }
        CompletableFuture<Void> _ = CompletableFuture.allOf(answers.toArray(CompletableFuture<?>[]::new))
                .whenComplete((x, e) -> {
                    if (e == null) {
                        Map<Chain, Position> heads = new HashMap<>();
                        answers.forEach(part -> heads.putAll(part.join()));
                        perform(tenant, feed, feed.resume(heads));
                    } else if (broker.health().connected(tenant)) {
                        perform(tenant, feed, feed.headsFailed());
                    }
                });
    }

    /** The number of tenants with interests for which the broker is unavailable, without side logs. */
    public int unavailableTenants() {
        return broker.health().connected()
                ? 0
                : Math.toIntExact(tenants.keySet().stream()
                        .filter(tenant ->
                                !tenant.isSideLog() && !broker.health().connected(tenant))
                        .count());
    }

    /** The number of joined interests; for metrics and tests. */
    public int interestCount() {
        return interests.joined().size();
    }
}
