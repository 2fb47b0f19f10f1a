package dev.carillon.broker.nats.log;

import dev.carillon.broker.Appended;
import dev.carillon.broker.Broadcast;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Chain;
import dev.carillon.broker.Channel;
import dev.carillon.broker.Idempotency;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.broker.Snapshot;
import dev.carillon.broker.nats.connection.BlockingCalls;
import dev.carillon.broker.nats.connection.Failures;
import dev.carillon.broker.nats.connection.NatsLink;
import dev.carillon.broker.nats.connection.Subjects;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.nats.client.Dispatcher;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The joined interests, across sessions: each new session subscribes them again. */
public final class NatsChannel implements Channel {
    private static final Logger LOGGER = LoggerFactory.getLogger(NatsChannel.class);

    private final NatsLink<LogSession> link;
    private final BlockingCalls calls;
    private final Broadcasts broadcasts;
    private final SharedChains shared = new SharedChains();
    private final LastSeen lastSeen;

    /** Guards the joined interests and their subscriptions. */
    private final Object joining = new Object();
    /**
     * The joined interests, and whether the server has confirmed them. Written under {@link #joining}; live events are checked against it
     * without the lock.
     */
    private final Map<Interest, Boolean> joined = new ConcurrentHashMap<>();
    /** Number of joined scopes per tenant. Guarded by {@link #joining}. */
    private final Map<Tenant, Integer> scopes = new HashMap<>();

    /** Held while the listener is called, because the dispatcher of an old session may still be running when the next one starts. */
    private final ReentrantLock delivering = new ReentrantLock();
    /** Both written under {@link #delivering} and {@link #joining}. */
    private volatile @Nullable LogSession session;

    private volatile @Nullable LiveReceiver receiver;
    private volatile Consumer<Live> listener = live -> {};

    public NatsChannel(NatsLink<LogSession> link, BlockingCalls calls, Broadcasts broadcasts, LastSeen lastSeen) {
        this.lastSeen = lastSeen;
        this.link = link;
        this.calls = calls;
        this.broadcasts = broadcasts;
    }

    @Override
    public void listen(Consumer<Live> consumer) {
        listener = consumer;
    }

    @Override
    public Set<Chain> chains(Interest interest) {
        Scope scope = interest.scope();
        Tenant tenant = interest.tenant();
        return scope == null
                ? Set.of(new Chain(tenant, Subjects.ALL))
                : Set.of(
                        new Chain(tenant, Subjects.key(scope)),
                        new Chain(tenant, Subjects.MULTI),
                        new Chain(tenant, Subjects.RETAINED));
    }

    @Override
    public Set<Chain> chains(Event event) {
        return Set.of(new Chain(event.tenant(), Subjects.key(event)), new Chain(event.tenant(), Subjects.ALL));
    }

    /** Restores all subscriptions in a new session. Events of the old one are ignored from now on. */
    public void attach(LogSession next, LiveReceiver nextReceiver) {
        synchronized (joining) {
            delivering.lock();
            try {
                session = next;
                receiver = nextReceiver;
            } finally {
                delivering.unlock();
            }
            lastSeen.suspectAll();
            joined.keySet().forEach(interest -> next.live().subscribe(subject(interest)));
            scopes.keySet().forEach(tenant -> subscribeShared(next.live(), tenant));
        }
    }

    public LiveReceiver newReceiver() {
        return new LiveReceiver(this, shared);
    }

    public Set<Tenant> tenants() {
        return tenants(joined.keySet());
    }

    private static Set<Tenant> tenants(Collection<Interest> interests) {
        Set<Tenant> tenants = new HashSet<>();
        interests.forEach(interest -> tenants.add(interest.tenant()));
        return tenants;
    }

    /** The session of this receiver; null: it is no longer the current one. */
    @Nullable
    LogSession session(LiveReceiver of) {
        return of == receiver ? session : null;
    }

    LastSeen lastSeen() {
        return lastSeen;
    }

    boolean joined(Interest interest) {
        return joined.containsKey(interest);
    }

    /** Calls the listener, on the dispatcher's thread. */
    void deliver(LiveReceiver from, Live live) {
        delivering.lock();
        try {
            if (from == receiver) {
                listener.accept(live);
            }
        } catch (RuntimeException e) {
            LOGGER.atError()
                    .setCause(e)
                    .addKeyValue("tenant", live.event().tenant())
                    .log("the listener of live events failed");
        } finally {
            delivering.unlock();
        }
    }

    @Override
    public CompletionStage<Void> join(Collection<Interest> interests) {
        List<Interest> fresh = new ArrayList<>();
        LogSession in;
        synchronized (joining) {
            in = session;
            if (in == null || !in.alive() || link.isClosed()) {
                return CompletableFuture.failedFuture(new BrokerUnavailableException("there is no connection to NATS"));
            }
            try {
                for (Interest interest : interests) {
                    if (joined.putIfAbsent(interest, false) == null) {
                        fresh.add(interest);
                        subscribe(in, interest);
                    }
                }
            } catch (IllegalStateException e) {
                fresh.forEach(this::remove);
                return CompletableFuture.failedFuture(Failures.toBrokerFailure(e));
            }
        }
        return calls.within(in.confirm(tenants(interests)).<Void>thenApply(ok -> null))
                .whenComplete((ok, e) -> settle(interests, fresh, e == null));
    }

    private void settle(Collection<Interest> asked, Collection<Interest> fresh, boolean confirmed) {
        synchronized (joining) {
            if (confirmed) {
                asked.forEach(interest -> joined.replace(interest, true));
            } else {
                fresh.stream()
                        .filter(interest -> Boolean.FALSE.equals(joined.get(interest)))
                        .forEach(this::remove);
            }
        }
    }

    @Override
    public CompletionStage<Void> leave(Collection<Interest> interests) {
        synchronized (joining) {
            interests.stream().filter(joined::containsKey).forEach(this::remove);
        }
        return CompletableFuture.completedFuture(null);
    }

    private void subscribe(LogSession in, Interest interest) {
        if (interest.scope() != null && scopes.merge(interest.tenant(), 1, Integer::sum) == 1) {
            subscribeShared(in.live(), interest.tenant());
        }
        in.live().subscribe(subject(interest));
    }

    /** Every node with an interest in the tenant receives the events with several scopes and the retained ones. */
    private static void subscribeShared(Dispatcher live, Tenant tenant) {
        live.subscribe(Subjects.live(tenant, Subjects.MULTI));
        live.subscribe(Subjects.live(tenant, Subjects.RETAINED));
    }

    private void remove(Interest interest) {
        joined.remove(interest);
        List<String> subjects = new ArrayList<>(List.of(subject(interest)));
        if (interest.scope() != null
                && scopes.computeIfPresent(interest.tenant(), (t, n) -> n == 1 ? null : n - 1) == null) {
            shared.forget(interest.tenant());
            subjects.add(Subjects.live(interest.tenant(), Subjects.MULTI));
            subjects.add(Subjects.live(interest.tenant(), Subjects.RETAINED));
        }
        if (!scopes.containsKey(interest.tenant()) && !joined.containsKey(Interest.all(interest.tenant()))) {
            lastSeen.forget(interest.tenant());
        }
        LogSession in = session;
        if (in != null && in.alive()) {
            try {
                subjects.forEach(in.live()::unsubscribe);
            } catch (IllegalStateException e) {
                // The session is ending, which ends its subscriptions.
            }
        }
    }

    private static String subject(Interest interest) {
        Scope scope = interest.scope();
        return Subjects.live(interest.tenant(), scope == null ? Subjects.ALL : Subjects.key(scope));
    }

    @Override
    public CompletionStage<Appended> broadcast(Event event, Idempotency by) {
        return broadcasts.broadcast(event, by);
    }

    /** Sent without waiting for each answer, except where one is first checked against the limit of retained events. */
    @Override
    public List<CompletionStage<Appended>> broadcastAll(List<Broadcast> all) {
        return all.stream().anyMatch(b -> b.event().retain())
                ? Channel.super.broadcastAll(all)
                : all.stream()
                        .<CompletionStage<Appended>>map(b -> broadcast(b.event(), b.by()))
                        .toList();
    }

    @Override
    public CompletionStage<Snapshot> snapshot(Tenant tenant, Collection<Scope> scopes) {
        List<Scope> requested = List.copyOf(scopes);
        return calls.call(() -> link.session().retained().snapshot(tenant, requested));
    }

    /**
     * Excludes events without an interest of this node from the heads of shared chains: the server's head may be an event that was
     * received and ignored.
     */
    void narrow(Set<Interest> asked, Map<Chain, Position> heads) {
        if (joined.keySet().containsAll(asked)) {
            shared.narrow(heads);
        }
    }
}
