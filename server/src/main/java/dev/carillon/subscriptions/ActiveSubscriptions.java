package dev.carillon.subscriptions;

import dev.carillon.base.CarillonException;
import dev.carillon.base.Platform;
import dev.carillon.broker.Broker;
import dev.carillon.broker.HealthEvent;
import dev.carillon.broker.OverloadedException;
import dev.carillon.cluster.Peers;
import dev.carillon.limits.TaskQueue;
import dev.carillon.scope.Tenant;
import dev.carillon.subscriptions.SubscriptionStore.Stored;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The active subscribers of all nodes, and the announcements of their changes.
 *
 * <p>Each node stores its own subscribers. A sweep compares the store with the connected nodes and subscribers: it ends the subscriptions
 * that a stopped node left behind, and lists subscribers of this node again that other nodes ended by mistake. It runs every {@value
 * #SWEEP_SECONDS} s, and several times after {@link #check}. At most {@value #MAX_CONCURRENT} operations on the broker run and {@value
 * #MAX_QUEUED} are queued; beyond that new subscribers are refused ({@link #started}), and ends are left to the next sweep.
 *
 * <p>In a tenant with more than {@link dev.carillon.broker.Store#MAX_LIST} subscribers, lists are truncated, and after a node has failed it
 * may take {@link SubscriptionStore#RENEW} and some sweeps until all of its subscriptions are announced as ended.
 *
 * <p>Thread-safe; nothing blocks but {@link #close}.
 */
public final class ActiveSubscriptions implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(ActiveSubscriptions.class);

    static final int MAX_CONCURRENT = 256;
    static final int MAX_QUEUED = 100_000;
    private static final long SWEEP_SECONDS = 60;
    /** At one sweep per tick, they last longer than the time after which a silent node counts as stopped. */
    private static final int SWEEPS_AFTER_CHECK = 6;

    private static final long RETRY_NANOS = Duration.ofSeconds(5).toNanos();
    private static final long CLOSE_MILLIS = 2_000;

    private final Broker broker;
    private final Peers peers;
    private final LongSupplier nanoTime;
    private final SubscriptionRecord.Owner self;
    private final SubscriptionStore store;
    private final SubscriptionAnnouncer announcer;
    private final Executor threads;
    private final TaskQueue tasks;
    private final SubscriptionRemoval removal;
    private final AnnouncementRateLimit rateLimit;
    /** The subscribers that are connected to this node, by id. */
    private final Map<String, LocalSubscriber> local = new ConcurrentHashMap<>();

    private final AtomicBoolean sweeping = new AtomicBoolean();
    /** Written by {@link #check} and by sweeps without a lock: the next regular sweep makes up for a lost update. */
    private volatile int sweepsDue = SWEEPS_AFTER_CHECK;

    private volatile long sweptNanos;
    /** The tenants whose last sweep failed, which the next tick repeats; bounded by the tenants with subscribers. */
    private final Set<Tenant> unswept = ConcurrentHashMap.newKeySet();

    /**
     * A node as a member of the cluster.
     *
     * @param generation larger at each start of the node
     */
    public record Membership(String nodeId, long generation, Peers peers) {}

    public ActiveSubscriptions(
            Broker broker, Membership membership, SubscriptionAnnouncer announcer, Platform platform) {
        this(broker, membership, announcer, platform, new AnnouncementRateLimit(platform.nanoTime()));
    }

    ActiveSubscriptions(
            Broker broker,
            Membership membership,
            SubscriptionAnnouncer announcer,
            Platform platform,
            AnnouncementRateLimit rateLimit) {
        this.broker = broker;
        this.peers = membership.peers();
        this.nanoTime = platform.nanoTime();
        this.threads = platform.threads().each("carillon-subscriptions");
        this.tasks = new TaskQueue(MAX_CONCURRENT, MAX_QUEUED, threads);
        this.self = new SubscriptionRecord.Owner(membership.nodeId(), membership.generation());
        this.store = new SubscriptionStore(broker.store(), nanoTime, threads);
        this.announcer = announcer;
        this.removal = new SubscriptionRemoval(self, store, announcer, tasks);
        this.sweptNanos = nanoTime.getAsLong();
        this.rateLimit = rateLimit;
        broker.health().listen(event -> {
            if (event instanceof HealthEvent.PossibleLoss) {
                check();
            }
        });
    }

    /**
     * Lists a subscriber and announces each of its subscriptions, both later when its address or the node exceeds {@link
     * AnnouncementRateLimit}. To be called once for each subscriber.
     *
     * @param address key of the client's address
     * @return completes after the first attempt, which is repeated as long as the subscriber is connected. Fails, before anything was done,
     *     with {@code too-large} when its topics and payload exceed the store's limit, with {@code invalid-request}, or with {@code
     *     overloaded}
     */
    public CompletionStage<Void> started(Subscriber subscriber, long address) {
        LocalSubscriber added = new LocalSubscriber(subscriber, address, self, store, announcer);
        try {
            byte[] _ = added.subscription().bytes();
        } catch (CarillonException e) {
            return CompletableFuture.failedFuture(e);
        }
        boolean claimed = added.claim();
        if (!claimed || local.putIfAbsent(subscriber.id(), added) != null) {
            return CompletableFuture.failedFuture(
                    new IllegalArgumentException("the subscriber " + subscriber.id() + " has started before"));
        }
        if (!isAdmitted(added)) {
            added.defer(nanoTime.getAsLong());
            release(added, null);
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<Void> attempted = new CompletableFuture<>();
        boolean queued = tasks.offer(() -> added.start(nanoTime.getAsLong()).whenComplete((x, e) -> {
            attempted.complete(null);
            release(added, e);
        }));
        if (!queued) {
            local.remove(subscriber.id(), added);
            return CompletableFuture.failedFuture(
                    new OverloadedException("more than " + MAX_QUEUED + " subscribers wait for the broker"));
        }
        return attempted.copy();
    }

    /** Announces that its subscriptions ended, and removes it. Does nothing for a subscriber that has not started or has ended before. */
    public void ended(Subscriber subscriber) {
        LocalSubscriber removed = local.remove(subscriber.id());
        if (removed != null && removed.end()) {
            end(removed);
        }
    }

    /**
     * Lists the subscribers of a tenant on all nodes, in no order.
     *
     * @return fails as the store does; completes on a thread of its own
     */
    public CompletionStage<SubscriberList> list(Tenant tenant) {
        return store.list(tenant)
                .thenApply(listed -> new SubscriberList(
                        listed.stored().stream()
                                .map(Stored::subscription)
                                .filter(subscription -> subscription.ending() == null)
                                .map(SubscriptionRecord::subscriber)
                                .toList(),
                        !listed.complete()));
    }

    /** @param id any text: clients choose it */
    public CompletionStage<Optional<Subscriber>> find(Tenant tenant, String id) {
        return store.find(tenant, id)
                .thenApply(found -> found.map(Stored::subscription)
                        .filter(subscription -> subscription.ending() == null)
                        .map(SubscriptionRecord::subscriber));
    }

    /** Renews the records that are due, and sweeps when a sweep is due; call it every two seconds. */
    public void tick() {
        if (!broker.health().connected(Tenant.SYSTEM)) {
            return;
        }
        long now = nanoTime.getAsLong();
        for (LocalSubscriber each : local.values()) {
            if (each.isDue(now, RETRY_NANOS) && isAdmitted(each)) {
                renew(each);
            }
        }
        if (sweepsDue > 0 || now - sweptNanos >= TimeUnit.SECONDS.toNanos(SWEEP_SECONDS)) {
            sweep();
        } else if (!unswept.isEmpty()) {
            sweep(false);
        }
    }

    /** Sweeps now and several times more. To be called when a node has stopped, and when other nodes may take this one for stopped. */
    public void check() {
        sweepsDue = SWEEPS_AFTER_CHECK;
        sweep();
    }

    /** Ends the subscriptions of this node; waits at most two seconds. Other nodes end the remaining ones. */
    @Override
    public void close() {
        local.values().forEach(each -> ended(each.subscriber()));
        try {
            tasks.idle().toCompletableFuture().get(CLOSE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException | ExecutionException e) {
            LOGGER.atInfo()
                    .addKeyValue("node", self.node())
                    .log("some subscriptions could not be announced as ended: other nodes will announce them");
        }
    }

    private void end(LocalSubscriber ended) {
        if (ended.writeAttempted()
                && (ended.revision() == 0 || !removal.start(ended.subscription(), ended.revision()))) {
            // Its record may be in the store, where the next sweep finds it.
            sweepsDue = Math.max(sweepsDue, 1);
        }
    }

    private boolean isAdmitted(LocalSubscriber subscriber) {
        if (!subscriber.isAdmitted()
                && rateLimit.tryAcquire(
                        subscriber.address(), subscriber.subscriber().topics().size())) {
            subscriber.admit();
        }
        return subscriber.isAdmitted();
    }

    private void renew(LocalSubscriber subscriber) {
        if (subscriber.claim()
                && !tasks.offer(
                        () -> subscriber.renew(nanoTime.getAsLong()).whenComplete((x, e) -> release(subscriber, e)))) {
            release(subscriber, null);
        }
    }

    private void release(LocalSubscriber subscriber, @Nullable Throwable e) {
        if (e != null) {
            LOGGER.atDebug().log("a subscriber could not be listed yet: {}", e.getMessage());
        }
        if (subscriber.release()) {
            end(subscriber);
        }
    }

    private void sweep() {
        sweep(true);
    }

    /** @param all false: only the tenants whose last sweep failed */
    private void sweep(boolean all) {
        if (!sweeping.compareAndSet(false, true)) {
            return;
        }
        int due = sweepsDue;
        // On another thread, as the caller may be on the broker's and there may be many subscribers.
        var _ = CompletableFuture.supplyAsync(() -> all ? sweepAll() : inTurn(List.copyOf(unswept)), threads)
                .thenCompose(x -> x)
                .whenComplete((x, e) -> {
                    if (e == null && all) {
                        sweptNanos = nanoTime.getAsLong();
                        sweepsDue = sweepsDue == due ? Math.max(0, due - 1) : sweepsDue;
                    } else if (e != null) {
                        LOGGER.atDebug().log("subscriptions could not be compared with the store: {}", e.getMessage());
                    }
                    sweeping.set(false);
                });
    }

    private CompletionStage<Void> sweepAll() {
        Set<Tenant> ofThisNode =
                local.values().stream().map(each -> each.subscriber().tenant()).collect(Collectors.toSet());
        store.retainOnly(ofThisNode);
        return store.tenants().thenCompose(known -> {
            Set<Tenant> all = new LinkedHashSet<>(known);
            all.addAll(ofThisNode);
            unswept.retainAll(all);
            return inTurn(all);
        });
    }

    private CompletionStage<Void> inTurn(Collection<Tenant> tenants) {
        CompletionStage<Void> swept = CompletableFuture.completedFuture(null);
        for (Tenant tenant : tenants) {
            swept = swept.thenCompose(x -> sweepAlone(tenant));
        }
        return swept;
    }

    /** Never fails. Skips a tenant for which the broker is unavailable: a possible loss is reported when it is connected. */
    private CompletionStage<Void> sweepAlone(Tenant tenant) {
        unswept.remove(tenant);
        if (!broker.health().connected(tenant)) {
            return CompletableFuture.completedFuture(null);
        }
        return CompletableFuture.completedFuture(tenant)
                .thenCompose(this::sweep)
                .exceptionally(e -> {
                    unswept.add(tenant);
                    LOGGER.atDebug()
                            .addKeyValue("tenant", tenant)
                            .log("subscriptions could not be compared with the store: {}", e.getMessage());
                    return null;
                });
    }

    private CompletionStage<Void> sweep(Tenant tenant) {
        // Subscribers are read before nodes, as a node enters the registry before it lists subscribers.
        return store.list(tenant)
                .thenCompose(listed -> peers.refresh().thenAcceptAsync(view -> compare(tenant, listed, view), threads));
    }

    private void compare(Tenant tenant, SubscriptionStore.Listed listed, Peers.View view) {
        Set<String> ids = new HashSet<>();
        for (Stored stored : listed.stored()) {
            ids.add(stored.subscription().subscriber().id());
            if (isAbandoned(stored.subscription(), view) && !removal.start(stored.subscription(), stored.revision())) {
                sweepsDue = Math.max(sweepsDue, 1);
                return;
            }
        }
        if (listed.complete()) {
            local.forEach((id, each) -> {
                if (each.subscriber().tenant().equals(tenant) && each.isAdmitted() && !ids.contains(id)) {
                    renew(each);
                }
            });
        }
    }

    /** Whether no node renews or removes the record. */
    private boolean isAbandoned(SubscriptionRecord subscription, Peers.View view) {
        SubscriptionRecord.Owner responsible = subscription.responsible();
        if (!responsible.equals(self)) {
            return view.hasEnded(responsible.node(), responsible.generation());
        }
        return subscription.ending() != null
                || !local.containsKey(subscription.subscriber().id());
    }

    /** Whether neither a sweep nor a task is running. */
    boolean isIdle() {
        return !sweeping.get() && tasks.idle().toCompletableFuture().isDone();
    }
}
