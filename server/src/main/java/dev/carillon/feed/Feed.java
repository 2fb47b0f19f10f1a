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
 * The events of this node's interests: each once, in log order for each tenant, handed to one listener that must not block.
 *
 * <p>What is missing is read from the log and handed on in its order, before anything newer where it can. It is noticed by the
 * sequence of a later event at once; by heads, which are compared every two seconds where a log has moved on, and after every
 * doubt of the broker, when live events wait for them.
 */
public final class Feed {
    private static final Logger LOGGER = LoggerFactory.getLogger(Feed.class);
    private static final Pace PACE = new Pace(2_000, 1_000);
    /** How many interests of a tenant are compared in one round; a rotating slice where there are more. */
    private static final int SLICE = 2_000;

    /**
     * How often heads are compared.
     *
     * @param graceMillis how long an event may be on its way before a head that is ahead of it counts as a hole
     */
    record Pace(long compareMillis, long graceMillis) {}

    private final Broker broker;
    private final FeedListener listener;
    private final FeedMetrics metrics;
    private final Interests interests;
    private final ScheduledExecutorService timer;
    private final LongSupplier nanoTime;
    private final Pace pace;
    private final Map<Tenant, TenantFeed> tenants = new ConcurrentHashMap<>();
    /** Of which tenants the log is being read, to heal them: one reading at a time. */
    private final Set<Tenant> reading = ConcurrentHashMap.newKeySet();

    private final Map<Tenant, Integer> rotation = new ConcurrentHashMap<>();
    private final HeldChains held = new HeldChains();

    /**
     * @param timer runs short tasks that do not block; its owner ends it, after the broker is closed
     * @param nanoTime a monotonic clock
     */
    public Feed(
            Broker broker,
            MeterRegistry registry,
            ScheduledExecutorService timer,
            LongSupplier nanoTime,
            FeedListener listener,
            MemoryBudget budget) {
        this(broker, registry, timer, nanoTime, listener, budget, PACE);
    }

    Feed(
            Broker broker,
            MeterRegistry registry,
            ScheduledExecutorService timer,
            LongSupplier nanoTime,
            FeedListener listener,
            MemoryBudget budget,
            Pace pace) {
        this.broker = broker;
        this.listener = listener;
        this.metrics = new FeedMetrics(registry);
        this.timer = timer;
        this.nanoTime = nanoTime;
        this.pace = pace;
        this.interests = new Interests(broker.channel(), budget, this::begin, this::forget);
        broker.channel().listen(this::take);
        broker.health().listen(this::onHealth);
        ScheduledFuture<?> _ = timer.scheduleWithFixedDelay(
                this::tick, pace.compareMillis(), pace.compareMillis(), TimeUnit.MILLISECONDS);
    }

    /**
     * Joins the interests, or holds them once more; completes when the broker has confirmed all of them, after which no event
     * is missed without being noticed. Fails as {@link dev.carillon.broker.Channel#join} does, and where the memory is refused; then
     * nothing is held.
     *
     * @param address of the client, whose memory they are
     */
    public CompletionStage<Void> join(Collection<Interest> wanted, long address) {
        return interests.hold(joined(wanted), holder(wanted, address));
    }

    /** Gives back what one {@link #join} took. An interest that nobody holds is left a few seconds later. */
    public void leave(Collection<Interest> unwanted, long address) {
        interests.release(joined(unwanted), holder(unwanted, address));
    }

    private static Interests.Holder holder(Collection<Interest> of, long address) {
        return new Interests.Holder(address, InterestBytes.held(of));
    }

    /** Equal interests, for whoever keeps them: where they are joined by the feed's own objects, so that thousands share them. */
    public List<Interest> same(Collection<Interest> joined) {
        return interests.same(joined);
    }

    private static List<Interest> joined(Collection<Interest> of) {
        List<Interest> joined = new ArrayList<>(of.size());
        for (Interest interest : of) {
            joined.add(interest.joined());
        }
        return joined;
    }

    /** How often an interest is held. */
    public int holders(Interest interest) {
        return interests.holders(interest);
    }

    private void take(Live live) {
        Tenant tenant = live.event().tenant();
        TenantFeed feed = tenant(tenant);
        next(tenant, feed, feed.take(live));
    }

    private void next(Tenant tenant, TenantFeed feed, TenantFeed.Next next) {
        switch (next) {
            case NOTHING -> {}
            case COMPARE_HEADS -> compareAll("new epoch");
            case HEAL -> heal(tenant, feed);
        }
    }

    /**
     * Reads on from where something is missing, page by page, until the log has nothing newer. While the broker does not answer
     * that ends here, and {@link #tick} tries it again.
     */
    private void heal(Tenant tenant, TenantFeed feed) {
        Position from = feed.healsFrom();
        if (from == null || !reading.add(tenant)) {
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
                more = e == null && feed.heal(from, read, chains -> concerned(tenant, chains));
            } catch (RuntimeException failure) {
                // It must not end the healing, during which nothing live is handed on: it is tried again.
                LOGGER.error("what was missing could not be handed on", failure);
            } finally {
                reading.remove(tenant);
            }
            if (more) {
                // Page by page, or a long absence would be a flood.
                listener.settled().whenComplete((x, y) -> heal(tenant, feed));
            } else if (e != null) {
                LOGGER.atDebug().log("what is missing could not be read yet: {}", e.getMessage());
            }
        });
    }

    /** Empty, which means all of the tenant, where it would be too many. */
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

    private List<Interest> concerned(Tenant tenant, Set<Chain> chains) {
        return interests.joined().stream()
                .filter(interest -> interest.tenant().equals(tenant))
                .filter(interest -> !Collections.disjoint(broker.channel().chains(interest), chains))
                .toList();
    }

    private TenantFeed tenant(Tenant tenant) {
        return tenants.computeIfAbsent(tenant, t -> new TenantFeed(t, metrics, listener, broker.channel()::chains));
    }

    private void begin(List<Interest> joined) {
        Map<Tenant, List<Chain>> chains = chains(joined);
        chains.forEach(held::hold);
        broker.log().heads(joined).whenComplete((heads, e) -> {
            // Without heads the chains begin with their first event: less is noticed, nothing is wrong.
            if (e == null) {
                chains.forEach((tenant, of) -> tenant(tenant).begin(Set.copyOf(of), heads));
            }
        });
    }

    private void forget(List<Interest> left) {
        chains(left).forEach((tenant, of) -> {
            Set<Chain> gone = Set.copyOf(held.release(tenant, of));
            if (held.holdsAny(tenant)) {
                tenant(tenant).forget(gone);
            } else {
                tenants.remove(tenant);
                rotation.remove(tenant);
            }
        });
    }

    /** One for each interest that is linked in it. */
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
            // The driver has logged both. What comes after a loss and before its doubt must wait, too.
            case HealthEvent.Away _ -> tenants.values().forEach(TenantFeed::doubt);
            case HealthEvent.Back _ -> {}
            case HealthEvent.Doubt doubt -> {
                LOGGER.atDebug().addKeyValue("reason", doubt.reason()).log("something may have been missed");
                metrics.doubts.increment();
                tenants.values().forEach(TenantFeed::doubt);
                byTenant().forEach(this::resolve);
            }
        }
    }

    private void tick() {
        try {
            interests.sweep();
            if (broker.health().connected()) {
                tenants.forEach(this::heal);
                byTenant().forEach((tenant, of) -> {
                    resolve(tenant, of);
                    compareIfMoved(tenant, of);
                });
            }
        } catch (RuntimeException e) {
            // An exception would end the schedule, and with it the search for holes, for good.
            LOGGER.error("a comparison of heads failed", e);
        }
    }

    /** A log that rests needs no comparison, unless there are slices that have not had their turn since it moved. */
    private void compareIfMoved(Tenant tenant, List<Interest> of) {
        broker.log().head(tenant).whenComplete((head, e) -> {
            TenantFeed feed = tenants.get(tenant);
            if (e == null && feed != null) {
                boolean _ = feed.seeEpoch(head.epoch());
                if (feed.moved(head) || of.size() > SLICE) {
                    compare(tenant, slice(tenant, of));
                }
            }
        });
    }

    private void compareAll(String reason) {
        LOGGER.atDebug().addKeyValue("reason", reason).log("comparing all heads");
        byTenant().forEach(this::compare);
    }

    private Map<Tenant, List<Interest>> byTenant() {
        return interests.joined().stream().collect(Collectors.groupingBy(Interest::tenant));
    }

    private List<Interest> slice(Tenant tenant, List<Interest> of) {
        if (of.size() <= SLICE) {
            return of;
        }
        int from = Math.floorMod(rotation.merge(tenant, SLICE, Integer::sum), of.size());
        return of.subList(from, Math.min(of.size(), from + SLICE));
    }

    private void compare(Tenant tenant, List<Interest> of) {
        for (int from = 0; from < of.size(); from += Log.MAX_HEADS) {
            List<Interest> part = of.subList(from, Math.min(of.size(), from + Log.MAX_HEADS));
            broker.log().heads(part).whenComplete((heads, e) -> {
                TenantFeed feed = tenants.get(tenant);
                if (e == null && feed != null && feed.compare(heads, nanoTime.getAsLong())) {
                    ScheduledFuture<?> _ = timer.schedule(
                            () -> next(
                                    tenant,
                                    feed,
                                    feed.settle(
                                            nanoTime.getAsLong(), TimeUnit.MILLISECONDS.toNanos(pace.graceMillis()))),
                            pace.graceMillis() + 50,
                            TimeUnit.MILLISECONDS);
                }
            });
        }
    }

    /** Where a tenant is in doubt: asks for all heads. */
    private void resolve(Tenant tenant, List<Interest> of) {
        TenantFeed doubting = tenants.get(tenant);
        if (doubting == null || !doubting.isInDoubt()) {
            return;
        }
        List<CompletableFuture<Map<Chain, Position>>> parts = new ArrayList<>();
        for (int from = 0; from < of.size(); from += Log.MAX_HEADS) {
            parts.add(broker.log()
                    .heads(of.subList(from, Math.min(of.size(), from + Log.MAX_HEADS)))
                    .toCompletableFuture());
        }
        CompletableFuture<Void> _ = CompletableFuture.allOf(parts.toArray(CompletableFuture<?>[]::new))
                .whenComplete((x, e) -> {
                    if (e == null) {
                        Map<Chain, Position> heads = new HashMap<>();
                        parts.forEach(part -> heads.putAll(part.join()));
                        next(tenant, doubting, doubting.resolve(heads));
                    } else if (broker.health().connected()) {
                        next(tenant, doubting, doubting.unresolved());
                    }
                });
    }

    /** The joined interests; for metrics and tests. */
    public int interestCount() {
        return interests.joined().size();
    }
}
