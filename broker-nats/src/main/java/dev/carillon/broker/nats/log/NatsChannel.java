package dev.carillon.broker.nats.log;

import dev.carillon.broker.Appended;
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

/** Who is joined, over all sessions: each new session subscribes it again. */
public final class NatsChannel implements Channel {
    private static final Logger LOGGER = LoggerFactory.getLogger(NatsChannel.class);

    private final NatsLink<LogSession> link;
    private final BlockingCalls work;
    private final Broadcasts broadcasts;
    private final SharedChains shared = new SharedChains();

    /** Guards what is joined, and the subscriptions that follow from it. */
    private final Object joining = new Object();
    /** Whether the server has confirmed it. Written under {@link #joining}; live events are checked against it without. */
    private final Map<Interest, Boolean> joined = new ConcurrentHashMap<>();
    /** Guarded by {@link #joining}: how many scopes of a tenant are joined. */
    private final Map<Tenant, Integer> scopes = new HashMap<>();

    /** Held while the listener is called: the dispatcher of an old session may still be at it when the next begins. */
    private final ReentrantLock handing = new ReentrantLock();
    /** Both written under {@link #handing} and {@link #joining}. */
    private volatile @Nullable LogSession session;

    private volatile @Nullable LiveReceiver feed;
    private volatile Consumer<Live> listener = live -> {};

    public NatsChannel(NatsLink<LogSession> link, BlockingCalls work, Broadcasts broadcasts) {
        this.link = link;
        this.work = work;
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
                        new Chain(tenant, Subjects.KEPT));
    }

    @Override
    public Set<Chain> chains(Event event) {
        return Set.of(new Chain(event.tenant(), Subjects.key(event)), new Chain(event.tenant(), Subjects.ALL));
    }

    /** Subscribes in a new session what is joined. From now on events of the old one are nobody's. */
    public void attach(LogSession next, LiveReceiver nextFeed) {
        synchronized (joining) {
            handing.lock();
            try {
                session = next;
                feed = nextFeed;
            } finally {
                handing.unlock();
            }
            joined.keySet().forEach(interest -> next.live().subscribe(subject(interest)));
            scopes.keySet().forEach(tenant -> subscribeShared(next.live(), tenant));
        }
    }

    public LiveReceiver newFeed() {
        return new LiveReceiver(this, shared);
    }

    public Set<Tenant> tenants() {
        Set<Tenant> tenants = new HashSet<>();
        joined.keySet().forEach(interest -> tenants.add(interest.tenant()));
        return tenants;
    }

    /** Of the session of this feed; null: it is not the present one any more. */
    @Nullable
    LogSession session(LiveReceiver of) {
        return of == feed ? session : null;
    }

    boolean joined(Interest interest) {
        return joined.containsKey(interest);
    }

    /** Calls the listener, on the dispatcher's thread. */
    void hand(LiveReceiver from, Live live) {
        handing.lock();
        try {
            if (from == feed) {
                listener.accept(live);
            }
        } catch (RuntimeException e) {
            LOGGER.atError()
                    .setCause(e)
                    .addKeyValue("tenant", live.event().tenant())
                    .log("the listener of live events failed");
        } finally {
            handing.unlock();
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
                return CompletableFuture.failedFuture(Failures.told(e));
            }
        }
        return work.within(in.confirm().<Void>thenApply(ok -> null))
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

    /** Events of several scopes and retained ones come to all who have an interest in the tenant. */
    private static void subscribeShared(Dispatcher live, Tenant tenant) {
        live.subscribe(Subjects.live(tenant, Subjects.MULTI));
        live.subscribe(Subjects.live(tenant, Subjects.KEPT));
    }

    private void remove(Interest interest) {
        joined.remove(interest);
        List<String> subjects = new ArrayList<>(List.of(subject(interest)));
        if (interest.scope() != null
                && scopes.computeIfPresent(interest.tenant(), (t, n) -> n == 1 ? null : n - 1) == null) {
            shared.forget(interest.tenant());
            subjects.add(Subjects.live(interest.tenant(), Subjects.MULTI));
            subjects.add(Subjects.live(interest.tenant(), Subjects.KEPT));
        }
        LogSession in = session;
        if (in != null && in.alive()) {
            try {
                subjects.forEach(in.live()::unsubscribe);
            } catch (IllegalStateException e) {
                // It ends just now, and its subscriptions with it.
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

    @Override
    public CompletionStage<Snapshot> snapshot(Tenant tenant, Collection<Scope> scopes) {
        List<Scope> wanted = List.copyOf(scopes);
        return work.call(() -> link.session().retained().snapshot(tenant, wanted));
    }

    /**
     * Takes from the heads of shared chains what does not concern this node: the server's head is perhaps that of an event
     * that was received and left out.
     */
    void narrow(Set<Interest> asked, Map<Chain, Position> heads) {
        if (joined.keySet().containsAll(asked)) {
            shared.narrow(heads);
        }
    }
}
