package dev.carillon.broker.memory;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.broker.Appended;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Chain;
import dev.carillon.broker.Channel;
import dev.carillon.broker.Durability;
import dev.carillon.broker.Epoch;
import dev.carillon.broker.Health;
import dev.carillon.broker.HealthEvent;
import dev.carillon.broker.IdLookup;
import dev.carillon.broker.Idempotency;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Link;
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
            "The in-memory broker keeps nothing beyond its process: for one machine and for tests.");

    private record Watch(Tenant tenant, String kind, Consumer<Change> listener) {}

    private final MemoryServer server;
    private final BrokerOptions options;
    private final Platform platform;
    private final AtomicLong outstanding = new AtomicLong();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final List<Consumer<HealthEvent>> healthListeners = new CopyOnWriteArrayList<>();
    private final Health health = new MemoryHealth();
    private volatile @Nullable Instant awaySince;
    private volatile @Nullable Duration roundTrip;

    // Below: the server's thread only.
    private final Set<Interest> joined = new HashSet<>();
    private final List<Watch> watches = new ArrayList<>();
    private Consumer<Live> listener = live -> {};

    MemoryBroker(MemoryServer server, BrokerOptions options, Platform platform) {
        this.server = server;
        this.options = options;
        this.platform = platform;
        server.tell(() -> server.add(this));
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
            server.tell(() -> server.remove(this));
            server.exit();
        }
    }

    @Override
    public void listen(Consumer<Live> consumer) {
        server.tell(() -> listener = consumer);
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
        List<Interest> wanted = List.copyOf(interests);
        return ask(() -> joined.addAll(wanted)).thenApply(x -> null);
    }

    @Override
    public CompletionStage<Void> leave(Collection<Interest> interests) {
        List<Interest> unwanted = List.copyOf(interests);
        return ask(() -> {
                    unwanted.forEach(joined::remove);
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
        return ask(() -> server.broadcast(event, by)).whenComplete((a, e) -> outstanding.addAndGet(-bytes));
    }

    @Override
    public CompletionStage<Snapshot> snapshot(Tenant tenant, Collection<Scope> scopes) {
        List<Scope> wanted = List.copyOf(scopes);
        return ask(() -> server.log(tenant).snapshot(wanted, server.nowMillis()));
    }

    @Override
    public CompletionStage<Page> read(Tenant tenant, Collection<Scope> scopes, Position after, int max) {
        List<Scope> wanted = List.copyOf(scopes);
        return ask(() -> server.log(tenant).read(wanted, after, max, server.nowMillis()));
    }

    @Override
    public CompletionStage<List<Position>> find(IdLookup lookup) {
        return ask(() -> server.log(lookup.tenant()).find(lookup));
    }

    @Override
    public CompletionStage<Position> head(Tenant tenant) {
        return ask(() -> server.log(tenant).head(server.nowMillis()));
    }

    @Override
    public CompletionStage<Map<Chain, Position>> heads(Collection<Interest> interests) {
        List<Interest> wanted = List.copyOf(interests);
        return ask(() -> {
            Map<Chain, Position> heads = new HashMap<>();
            for (Interest interest : wanted) {
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
        return ask(() -> server.log(tenant).epochs());
    }

    @Override
    public Durability durability() {
        return DURABILITY;
    }

    @Override
    public CompletionStage<Optional<Entry>> get(Key key) {
        return ask(() -> server.values().get(key));
    }

    @Override
    public CompletionStage<Optional<Long>> put(Key key, byte[] value, long expectedRevision, Duration ttl) {
        if (value.length > MAX_VALUE_BYTES) {
            return CompletableFuture.failedFuture(new CarillonException(
                    ErrorCode.TOO_LARGE, "value: must have at most " + MAX_VALUE_BYTES + " bytes"));
        }
        byte[] copy = value.clone();
        return ask(() -> {
            Optional<Long> revision = server.values().put(key, copy, expectedRevision, ttl);
            revision.ifPresent(r -> server.changed(new Change(key, new Entry(key, copy, r))));
            return revision;
        });
    }

    @Override
    public CompletionStage<Boolean> remove(Key key, long expectedRevision) {
        return ask(() -> {
            boolean removed = server.values().remove(key, expectedRevision);
            if (removed) {
                server.changed(new Change(key, null));
            }
            return removed;
        });
    }

    @Override
    public CompletionStage<List<Entry>> list(Tenant tenant, String kind) {
        return ask(() -> server.values().list(tenant, kind));
    }

    @Override
    public CompletionStage<AutoCloseable> watch(Tenant tenant, String kind, Consumer<Change> consumer) {
        Watch watch = new Watch(tenant, kind, consumer);
        return ask(() -> {
            watches.add(watch);
            return () -> server.tell(() -> watches.remove(watch));
        });
    }

    /** On the server's thread. */
    void deliver(MemoryLog.Entry entry) {
        if (awaySince != null) {
            return;
        }
        Event event = entry.event();
        List<Link> links = new ArrayList<>(1);
        for (Scope scope : event.scopes()) {
            Interest interest = Interest.in(event.tenant(), scope);
            if (joined.contains(interest)) {
                links.add(new Link(chain(interest), entry.previous().getOrDefault(scope, 0L)));
            }
        }
        Interest all = Interest.all(event.tenant());
        if (joined.contains(all)) {
            links.add(new Link(chain(all), entry.at().sequence() - 1));
        }
        if (!links.isEmpty()) {
            guarded(() -> listener.accept(entry.live(links)));
        }
    }

    /** On the server's thread. */
    void changed(Change change) {
        for (Watch watch : List.copyOf(watches)) {
            Key key = change.key();
            if (awaySince == null
                    && key.tenant().equals(watch.tenant())
                    && key.kind().equals(watch.kind())) {
                guarded(() -> watch.listener().accept(change));
            }
        }
    }

    /** Cuts this node off, as a broken network would; for tests. */
    CompletableFuture<Void> cut() {
        return server.ask(() -> {
            awaySince = platform.clock().instant();
            tell(new HealthEvent.Away("cut"));
            return null;
        });
    }

    /** Ends {@link #cut()}. */
    CompletableFuture<Void> heal() {
        return server.ask(() -> {
            awaySince = null;
            tell(new HealthEvent.Back());
            tell(new HealthEvent.Doubt("reconnected"));
            return null;
        });
    }

    private final class MemoryHealth implements Health {
        @Override
        public boolean connected() {
            return awaySince == null && !closed.get();
        }

        @Override
        public Optional<Instant> awaySince() {
            return Optional.ofNullable(awaySince);
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

    private void tell(HealthEvent event) {
        for (Consumer<HealthEvent> consumer : healthListeners) {
            guarded(() -> consumer.accept(event));
        }
    }

    private <T> CompletionStage<T> ask(Supplier<T> question) {
        if (closed.get()) {
            return CompletableFuture.failedFuture(new BrokerUnavailableException("the broker is closed"));
        }
        if (awaySince != null) {
            return CompletableFuture.failedFuture(new BrokerUnavailableException("the broker is away"));
        }
        long start = platform.nanoTime().getAsLong();
        return server.ask(() -> {
            if (awaySince != null) {
                throw new BrokerUnavailableException("the broker is away");
            }
            T answer = question.get();
            roundTrip = Duration.ofNanos(platform.nanoTime().getAsLong() - start);
            return answer;
        });
    }

    private static void guarded(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            MemoryServer.report(e);
        }
    }
}
