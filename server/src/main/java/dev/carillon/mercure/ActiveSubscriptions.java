package dev.carillon.mercure;

import dev.carillon.base.CarillonException;
import dev.carillon.base.Platform;
import dev.carillon.broker.Broker;
import dev.carillon.broker.HealthEvent;
import dev.carillon.broker.OverloadedException;
import dev.carillon.cluster.Peers;
import dev.carillon.mercure.SubscriptionStore.Stored;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
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
 * Who subscribes to what, on all nodes, and the private updates that tell of it when that changes.
 *
 * <p>Each node keeps its own subscribers in the store. A sweep compares the store with what is so: it ends what a node left behind that
 * is gone, and lists anew what others took for ended although it is connected here. It runs every {@value #SWEEP_SECONDS} s, and several
 * times after {@link #check}. At most {@value #MAX_AT_ONCE} subscribers' questions to the broker are under way and {@value
 * #MAX_WAITING} wait; beyond that one more is refused ({@link #started}), and ends are left to the next sweep.
 *
 * <p>In a tenant with more than {@link dev.carillon.broker.Store#MAX_LIST} subscribers, listings are truncated, and after the death of a
 * node it may take up to {@link SubscriptionStore#RENEW} and some sweeps until all of its subscriptions are announced as ended.
 *
 * <p>Thread-safe; nothing blocks but {@link #close}.
 */
public final class ActiveSubscriptions implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(ActiveSubscriptions.class);

    static final int MAX_AT_ONCE = 256;
    static final int MAX_WAITING = 100_000;
    private static final long SWEEP_SECONDS = 60;
    /** One each two seconds: until after the time within which nodes that are not heard of count as gone. */
    private static final int SWEEPS_AFTER_CHECK = 6;

    private static final long RETRY_NANOS = Duration.ofSeconds(5).toNanos();
    private static final long CLOSE_MILLIS = 2_000;

    private final Broker broker;
    private final Peers peers;
    private final LongSupplier nanoTime;
    private final SubscriptionRecord.Owner self;
    private final SubscriptionStore store;
    private final Announcements announcements;
    private final Executor threads;
    private final Tasks tasks;
    private final Endings endings;
    private final AnnouncementPace pace;
    /** By id of the subscriber: as many as there are connections. */
    private final Map<String, OwnSubscriber> own = new ConcurrentHashMap<>();

    private final AtomicBoolean sweeping = new AtomicBoolean();
    /** Written by {@link #check} and by whoever sweeps; one that is lost is made good by the next regular sweep. */
    private volatile int sweepsDue = SWEEPS_AFTER_CHECK;

    private volatile long sweptNanos;

    /** @param generation of this node's life, larger at each start */
    public ActiveSubscriptions(Broker broker, String nodeId, long generation, Peers peers, Platform platform) {
        this(broker, nodeId, generation, peers, platform, new AnnouncementPace(platform.nanoTime()));
    }

    ActiveSubscriptions(
            Broker broker, String nodeId, long generation, Peers peers, Platform platform, AnnouncementPace pace) {
        this.broker = broker;
        this.peers = peers;
        this.nanoTime = platform.nanoTime();
        this.threads = platform.threads().each("carillon-mercure");
        this.tasks = new Tasks(MAX_AT_ONCE, MAX_WAITING, threads);
        this.self = new SubscriptionRecord.Owner(nodeId, generation);
        this.store = new SubscriptionStore(broker.store(), nanoTime, threads);
        this.announcements = new Announcements(broker.channel());
        this.endings = new Endings(self, store, announcements, tasks);
        this.sweptNanos = nanoTime.getAsLong();
        this.pace = pace;
        broker.health().listen(event -> {
            if (event instanceof HealthEvent.PossibleLoss) {
                check();
            }
        });
    }

    /**
     * Lists a subscriber, then announces each of its subscriptions, both later where its address or the node exceeds {@link
     * AnnouncementPace}. To be called once for it.
     *
     * @param address stands for the client's
     * @return completes when that is done, or was tried: it is tried again for as long as the subscriber is connected. Fails, before
     *     anything happened, with {@code too-large} where its topics and payload are larger than the store takes, with {@code
     *     invalid-request}, or with {@code overloaded}
     */
    public CompletionStage<Void> started(Subscriber subscriber, long address) {
        OwnSubscriber one = new OwnSubscriber(subscriber, address, self, store, announcements);
        try {
            byte[] _ = one.subscription().bytes();
        } catch (CarillonException e) {
            return CompletableFuture.failedFuture(e);
        }
        boolean taken = one.take();
        if (!taken || own.putIfAbsent(subscriber.id(), one) != null) {
            return CompletableFuture.failedFuture(
                    new IllegalArgumentException("the subscriber " + subscriber.id() + " has started before"));
        }
        if (!mayAnnounce(one)) {
            one.defer(nanoTime.getAsLong());
            giveBack(one, null);
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<Void> tried = new CompletableFuture<>();
        boolean offered = tasks.offer(() -> one.start(nanoTime.getAsLong()).whenComplete((x, e) -> {
            tried.complete(null);
            giveBack(one, e);
        }));
        if (!offered) {
            own.remove(subscriber.id(), one);
            return CompletableFuture.failedFuture(
                    new OverloadedException("more than " + MAX_WAITING + " subscribers wait for the broker"));
        }
        return tried.copy();
    }

    /** Announces that its subscriptions ended, and removes it. Of one that has not started, or has ended, nothing happens. */
    public void ended(Subscriber subscriber) {
        OwnSubscriber one = own.remove(subscriber.id());
        if (one != null && one.end()) {
            end(one);
        }
    }

    /** The subscribers of a tenant on all nodes, in no order. Fails as the store does; continues on a thread of its own. */
    public CompletionStage<Listing> list(Tenant tenant) {
        return store.list(tenant)
                .thenApply(listed -> new Listing(
                        listed.stored().stream()
                                .map(Stored::subscription)
                                .filter(subscription -> subscription.ending() == null)
                                .map(SubscriptionRecord::subscriber)
                                .toList(),
                        !listed.whole()));
    }

    /** @param id as a client sent it, unchecked */
    CompletionStage<Optional<Subscriber>> find(Tenant tenant, String id) {
        return store.find(tenant, id)
                .thenApply(found -> found.map(Stored::subscription)
                        .filter(subscription -> subscription.ending() == null)
                        .map(SubscriptionRecord::subscriber));
    }

    /** Renews what is due, and sweeps where it is time to; call it every two seconds. */
    public void tick() {
        if (!broker.health().connected()) {
            return;
        }
        long now = nanoTime.getAsLong();
        for (OwnSubscriber one : own.values()) {
            if (one.isDue(now, RETRY_NANOS) && mayAnnounce(one)) {
                keep(one);
            }
        }
        if (sweepsDue > 0 || now - sweptNanos >= TimeUnit.SECONDS.toNanos(SWEEP_SECONDS)) {
            sweep();
        }
    }

    /**
     * Compares the store with what is so, now and some times again: to be called when a node is gone, or when others may have taken this
     * one for gone, because it was not heard of.
     */
    public void check() {
        sweepsDue = SWEEPS_AFTER_CHECK;
        sweep();
    }

    /** Ends the subscriptions of this node, and waits for up to two seconds; what is left then the others announce as ended. */
    @Override
    public void close() {
        own.values().forEach(one -> ended(one.subscriber()));
        try {
            tasks.idle().toCompletableFuture().get(CLOSE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException | ExecutionException e) {
            LOGGER.atInfo()
                    .addKeyValue("node", self.node())
                    .log("not all ends of subscriptions are announced: other nodes do the rest");
        }
    }

    private void end(OwnSubscriber one) {
        if (one.tried() && (one.revision() == 0 || !endings.begin(one.subscription(), one.revision()))) {
            // What of it is in the store is found there.
            sweepsDue = Math.max(sweepsDue, 1);
        }
    }

    private boolean mayAnnounce(OwnSubscriber one) {
        if (!one.isAdmitted()
                && pace.take(one.address(), one.subscriber().topics().size())) {
            one.admit();
        }
        return one.isAdmitted();
    }

    private void keep(OwnSubscriber one) {
        if (one.take() && !tasks.offer(() -> one.keep(nanoTime.getAsLong()).whenComplete((x, e) -> giveBack(one, e)))) {
            giveBack(one, null);
        }
    }

    private void giveBack(OwnSubscriber one, @Nullable Throwable e) {
        if (e != null) {
            LOGGER.atDebug().log("a subscriber is not listed yet: {}", e.getMessage());
        }
        if (one.giveBack()) {
            end(one);
        }
    }

    private void sweep() {
        if (!sweeping.compareAndSet(false, true)) {
            return;
        }
        int due = sweepsDue;
        // Not on the broker's thread, which may be the caller's: there may be many subscribers.
        var _ = CompletableFuture.supplyAsync(this::sweepAll, threads)
                .thenCompose(x -> x)
                .whenComplete((x, e) -> {
                    if (e == null) {
                        sweptNanos = nanoTime.getAsLong();
                        sweepsDue = sweepsDue == due ? Math.max(0, due - 1) : sweepsDue;
                    } else {
                        LOGGER.atDebug().log("subscriptions were not compared with the store: {}", e.getMessage());
                    }
                    sweeping.set(false);
                });
    }

    private CompletionStage<Void> sweepAll() {
        Set<Tenant> mine =
                own.values().stream().map(one -> one.subscriber().tenant()).collect(Collectors.toSet());
        store.keepOnly(mine);
        return store.tenants().thenCompose(known -> {
            Set<Tenant> all = new LinkedHashSet<>(known);
            all.addAll(mine);
            CompletionStage<Void> swept = CompletableFuture.completedFuture(null);
            for (Tenant tenant : all) {
                swept = swept.thenCompose(x -> sweep(tenant));
            }
            return swept;
        });
    }

    private CompletionStage<Void> sweep(Tenant tenant) {
        // First what there is, then who is there: a node is in the registry before it lists anything.
        return store.list(tenant)
                .thenCompose(listed -> peers.refresh().thenAcceptAsync(view -> compare(tenant, listed, view), threads));
    }

    private void compare(Tenant tenant, SubscriptionStore.Listed listed, Peers.View view) {
        Set<String> there = new HashSet<>();
        for (Stored stored : listed.stored()) {
            there.add(stored.subscription().subscriber().id());
            if (isLeft(stored.subscription(), view) && !endings.begin(stored.subscription(), stored.revision())) {
                sweepsDue = Math.max(sweepsDue, 1);
                return;
            }
        }
        if (listed.whole()) {
            own.forEach((id, one) -> {
                if (one.subscriber().tenant().equals(tenant) && one.isAdmitted() && !there.contains(id)) {
                    keep(one);
                }
            });
        }
    }

    /** Whether nobody sees to it who is there. */
    private boolean isLeft(SubscriptionRecord subscription, Peers.View view) {
        SubscriptionRecord.Owner responsible = subscription.responsible();
        if (!responsible.equals(self)) {
            return view.hasEnded(responsible.node(), responsible.generation());
        }
        return subscription.ending() != null
                || !own.containsKey(subscription.subscriber().id());
    }

    /** Whether nothing is under way now that it began by itself. */
    boolean isIdle() {
        return !sweeping.get() && tasks.idle().toCompletableFuture().isDone();
    }
}
