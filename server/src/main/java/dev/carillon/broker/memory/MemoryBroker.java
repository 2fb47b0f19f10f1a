package dev.carillon.broker.memory;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.broker.Appended;
import dev.carillon.broker.Broadcast;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Chain;
import dev.carillon.broker.ChainLink;
import dev.carillon.broker.Channel;
import dev.carillon.broker.Durability;
import dev.carillon.broker.Epoch;
import dev.carillon.broker.Health;
import dev.carillon.broker.HealthEvent;
import dev.carillon.broker.IdLookup;
import dev.carillon.broker.Idempotency;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.broker.Log;
import dev.carillon.broker.OverloadedException;
import dev.carillon.broker.Page;
import dev.carillon.broker.Snapshot;
import dev.carillon.broker.Store;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A node's link to a {@link MemoryServer}. Listeners are called on the server's thread. */
final class MemoryBroker implements Broker, Channel, Log, Store {
    private static final Durability DURABILITY = new Durability(
            Durability.Level.PROCESS,
            0,
            "The in-memory broker loses everything when its process ends: for one machine and for tests.");

    private record Watch(Tenant tenant, String kind, Consumer<Change> listener) {}

    private final MemoryServer server;
    private final BrokerOptions options;
    private final Platform platform;
    private final AtomicLong outstanding = new AtomicLong();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final List<Consumer<HealthEvent>> healthListeners = new CopyOnWriteArrayList<>();
    private final Health health = new MemoryHealth();
    private volatile @Nullable Instant unavailableSince;
    private volatile @Nullable Duration roundTrip;

    // Below: confined to the server's thread.
    private final Set<Interest> joined = new HashSet<>();
    private final List<Watch> watches = new ArrayList<>();
    private Consumer<Live> listener = live -> {};

    MemoryBroker(MemoryServer server, BrokerOptions options, Platform platform) {
        this.server = server;
        this.options = options;
        this.platform = platform;
        server.execute(() -> server.add(this));
    }

    @Override
    public String driver() {
        return "memory";
    }

    @Override
    public Channel channel() {
        return this;
    }

    @Override
    public Log log() {
        return this;
    }

    @Override
    public Store store() {
        return this;
    }

    @Override
    public Health health() {
        return health;
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            server.execute(() -> server.remove(this));
            server.release();
        }
    }

    @Override
    public void listen(Consumer<Live> consumer) {
        server.execute(() -> listener = consumer);
    }

    @Override
    public Set<Chain> chains(Interest interest) {
        return Set.of(chain(interest));
    }

    @Override
    public Set<Chain> chains(Event event) {
        Set<Chain> chains = HashSet.newHashSet(event.scopes().size() + 1);
        event.scopes().forEach(scope -> chains.add(chain(Interest.in(event.tenant(), scope))));
        chains.add(chain(Interest.all(event.tenant())));
        return chains;
    }

    @Override
    public CompletionStage<Void> join(Collection<Interest> interests) {
        List<Interest> requested = List.copyOf(interests);
        return call(() -> joined.addAll(requested)).thenApply(x -> null);
    }

    @Override
    public CompletionStage<Void> leave(Collection<Interest> interests) {
        List<Interest> left = List.copyOf(interests);
        return call(() -> {
                    left.forEach(joined::remove);
                    return true;
                })
                .thenApply(x -> null);
    }

    @Override
    public CompletionStage<Appended> broadcast(Event event, Idempotency by) {
        long bytes = MemoryLog.heapBytes(event);
        if (outstanding.addAndGet(bytes) > options.maxOutstandingBytes()) {
            outstanding.addAndGet(-bytes);
            return CompletableFuture.failedFuture(new OverloadedException(
                    "more than " + options.maxOutstandingBytes() + " bytes of broadcasts wait for the broker"));
        }
        return call(() -> server.broadcast(event, by)).whenComplete((a, e) -> outstanding.addAndGet(-bytes));
    }

    /** The server executes requests in their order. */
    @Override
    public List<CompletionStage<Appended>> broadcastAll(List<Broadcast> broadcasts) {
        return broadcasts.stream().map(b -> broadcast(b.event(), b.by())).toList();
    }

    @Override
    public CompletionStage<Snapshot> snapshot(Tenant tenant, Collection<Scope> scopes) {
        List<Scope> requested = List.copyOf(scopes);
        return call(() -> server.log(tenant).snapshot(requested, server.nowMillis()));
    }

    @Override
    public CompletionStage<Page> read(Tenant tenant, Collection<Scope> scopes, Position after, int max) {
        List<Scope> requested = List.copyOf(scopes);
        return call(() -> server.log(tenant).read(requested, after, max, server.nowMillis()));
    }

    @Override
    public CompletionStage<List<Position>> find(IdLookup lookup) {
        return call(() -> server.log(lookup.tenant()).find(lookup));
    }

    @Override
    public CompletionStage<Position> head(Tenant tenant) {
        return call(() -> server.log(tenant).head(server.nowMillis()));
    }

    @Override
    public CompletionStage<Map<Chain, Position>> heads(Collection<Interest> interests) {
        List<Interest> requested = List.copyOf(interests);
        return call(() -> {
            Map<Chain, Position> heads = new HashMap<>();
            for (Interest interest : requested) {
                MemoryLog log = server.log(interest.tenant());
                Scope scope = interest.scope();
                Position whole = log.head(server.nowMillis());
                Optional<Position> head =
                        scope != null ? log.head(scope) : Optional.of(whole).filter(p -> p.sequence() > 0);
                head.ifPresent(at -> heads.put(chain(interest), at));
            }
            return heads;
        });
    }

    @Override
    public CompletionStage<List<Epoch>> epochs(Tenant tenant) {
        return call(() -> server.log(tenant).epochs());
    }

    @Override
    public Durability durability() {
        return DURABILITY;
    }

    @Override
    public CompletionStage<Optional<Entry>> get(Key key) {
        return call(() -> server.values().get(key));
    }

    @Override
    public CompletionStage<Optional<Long>> put(Key key, byte[] value, long expectedRevision, Duration ttl) {
        if (value.length > MAX_VALUE_BYTES) {
            return CompletableFuture.failedFuture(new CarillonException(
                    ErrorCode.TOO_LARGE, "value: must have at most " + MAX_VALUE_BYTES + " bytes"));
        }
        byte[] copy = value.clone();
        return call(() -> {
            Optional<Long> revision = server.values().put(key, copy, expectedRevision, ttl);
            revision.ifPresent(r -> server.deliverChange(new Change(key, new Entry(key, copy, r))));
            return revision;
        });
    }

    @Override
    public CompletionStage<Boolean> remove(Key key, long expectedRevision) {
        return call(() -> {
            boolean removed = server.values().remove(key, expectedRevision);
            if (removed) {
                server.deliverChange(new Change(key, null));
            }
            return removed;
        });
    }

    @Override
    public CompletionStage<List<Entry>> list(Tenant tenant, String kind) {
        return call(() -> server.values().list(tenant, kind));
    }

    @Override
    public CompletionStage<AutoCloseable> watch(Tenant tenant, String kind, Consumer<Change> consumer) {
        Watch watch = new Watch(tenant, kind, consumer);
        return call(() -> {
            watches.add(watch);
            return () -> server.execute(() -> watches.remove(watch));
        });
    }

    /** On the server's thread. */
    void deliver(MemoryLog.Entry entry) {
        if (unavailableSince != null) {
            return;
        }
        Event event = entry.event();
        List<ChainLink> links = new ArrayList<>(1);
        for (Scope scope : event.scopes()) {
            Interest interest = Interest.in(event.tenant(), scope);
            if (joined.contains(interest)) {
                links.add(new ChainLink(chain(interest), entry.previous().getOrDefault(scope, 0L)));
            }
        }
        Interest all = Interest.all(event.tenant());
        if (joined.contains(all)) {
            links.add(new ChainLink(chain(all), entry.at().sequence() - 1));
        }
        if (!links.isEmpty()) {
            notifySafely(() -> listener.accept(entry.live(links)));
        }
    }

    /** On the server's thread. */
    void deliverChange(Change change) {
        for (Watch watch : List.copyOf(watches)) {
            Key key = change.key();
            if (unavailableSince == null
                    && key.tenant().equals(watch.tenant())
                    && key.kind().equals(watch.kind())) {
                notifySafely(() -> watch.listener().accept(change));
            }
        }
    }

    /** Simulates a lost connection; for tests. */
    CompletableFuture<Void> disconnect() {
        return server.call(() -> {
            unavailableSince = platform.clock().instant();
            notifyHealthListeners(new HealthEvent.Unavailable("disconnected by a test"));
            return null;
        });
    }

    /** Ends {@link #disconnect()}. */
    CompletableFuture<Void> reconnect() {
        return server.call(() -> {
            unavailableSince = null;
            notifyHealthListeners(new HealthEvent.Connected());
            notifyHealthListeners(new HealthEvent.PossibleLoss("reconnected"));
            return null;
        });
    }

    private final class MemoryHealth implements Health {
        @Override
        public boolean connected() {
            return unavailableSince == null && !closed.get();
        }

        @Override
        public Optional<Instant> unavailableSince() {
            return Optional.ofNullable(unavailableSince);
        }

        @Override
        public long outstandingBytes() {
            return outstanding.get();
        }

        @Override
        public Optional<Duration> roundTrip() {
            return Optional.ofNullable(roundTrip);
        }

        @Override
        public void listen(Consumer<HealthEvent> consumer) {
            healthListeners.add(consumer);
        }
    }

    private static Chain chain(Interest interest) {
        Scope scope = interest.scope();
        return new Chain(interest.tenant(), scope == null ? "*" : scope.text());
    }

    private void notifyHealthListeners(HealthEvent event) {
        for (Consumer<HealthEvent> consumer : healthListeners) {
            notifySafely(() -> consumer.accept(event));
        }
    }

    private <T> CompletionStage<T> call(Supplier<T> request) {
        if (closed.get()) {
            return CompletableFuture.failedFuture(new BrokerUnavailableException("the broker is closed"));
        }
        if (unavailableSince != null) {
            return CompletableFuture.failedFuture(new BrokerUnavailableException("the broker is unavailable"));
        }
        long start = platform.nanoTime().getAsLong();
        return server.call(() -> {
            if (unavailableSince != null) {
                throw new BrokerUnavailableException("the broker is unavailable");
            }
            T answer = request.get();
            roundTrip = Duration.ofNanos(platform.nanoTime().getAsLong() - start);
            return answer;
        });
    }

    private static void notifySafely(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            MemoryServer.logListenerFailure(e);
        }
    }
}
