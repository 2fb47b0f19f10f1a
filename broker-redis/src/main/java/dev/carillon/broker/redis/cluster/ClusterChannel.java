package dev.carillon.broker.redis.cluster;

import dev.carillon.broker.AppendCounts;
import dev.carillon.broker.Appended;
import dev.carillon.broker.Broadcast;
import dev.carillon.broker.Chain;
import dev.carillon.broker.Channel;
import dev.carillon.broker.Idempotency;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.broker.Snapshot;
import dev.carillon.broker.redis.Failures;
import dev.carillon.broker.redis.RedisBroker;
import dev.carillon.broker.redis.script.Keys;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
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
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Live events of a cluster: each tenant's come from the server that has it. When a tenant moves, delivery ends at the former server before it
 * begins at the new one, so that one thread at a time delivers a tenant's events; what is missed in between is found by comparing heads.
 */
final class ClusterChannel implements Channel {
    private final ClusterRoutes routes;
    private volatile Consumer<Live> listener = live -> {};

    /** The server at which each interest is joined; null: not at present. Guarded by this. */
    private final Map<Interest, @Nullable RedisBroker> joined = new HashMap<>();

    ClusterChannel(ClusterRoutes routes) {
        this.routes = routes;
    }

    /** Must be called for each server's broker before its first use. */
    void attach(RedisBroker broker) {
        broker.channel().listen(live -> listener.accept(live));
    }

    @Override
    public void listen(Consumer<Live> consumer) {
        listener = consumer;
    }

    @Override
    public Set<Chain> chains(Interest interest) {
        return Keys.chains(interest);
    }

    @Override
    public Set<Chain> chains(Event event) {
        return Keys.chains(event);
    }

    @Override
    public CompletionStage<Void> join(Collection<Interest> interests) {
        List<CompletableFuture<?>> confirmed = new ArrayList<>();
        Set<Interest> added = ConcurrentHashMap.newKeySet();
        routes.grouped(interests, Interest::tenant).forEach((broker, some) -> confirmed.add(join(broker, some, added)));
        return CompletableFuture.allOf(confirmed.toArray(CompletableFuture<?>[]::new))
                .exceptionallyCompose(e -> {
                    // As with one server: on failure, what was not joined before is not joined.
                    CompletionStage<Void> _ = leave(added);
                    return CompletableFuture.failedFuture(Failures.of(e));
                });
    }

    private CompletableFuture<Void> join(@Nullable RedisBroker broker, List<Interest> some, Set<Interest> added) {
        if (broker == null) {
            return CompletableFuture.failedFuture(
                    ClusterRoutes.unserved(some.getFirst().tenant()));
        }
        return broker.channel()
                .join(some)
                .thenRun(() -> {
                    synchronized (this) {
                        for (Interest interest : some) {
                            if (!joined.containsKey(interest)) {
                                added.add(interest);
                            }
                            joined.put(interest, broker);
                        }
                    }
                })
                .toCompletableFuture();
    }

    @Override
    public CompletionStage<Void> leave(Collection<Interest> interests) {
        Map<RedisBroker, List<Interest>> groups = new HashMap<>();
        synchronized (this) {
            for (Interest interest : interests) {
                RedisBroker broker = joined.remove(interest);
                if (broker != null) {
                    groups.computeIfAbsent(broker, b -> new ArrayList<>()).add(interest);
                }
            }
        }
        List<CompletableFuture<?>> confirmed = new ArrayList<>();
        groups.forEach(
                (broker, some) -> confirmed.add(broker.channel().leave(some).toCompletableFuture()));
        return CompletableFuture.allOf(confirmed.toArray(CompletableFuture<?>[]::new))
                .exceptionallyCompose(e -> CompletableFuture.failedFuture(Failures.of(e)));
    }

    /** The tenants with interests that are not joined at the server that has the tenant. */
    synchronized Set<Tenant> misplaced() {
        Set<Tenant> tenants = new HashSet<>();
        joined.forEach((interest, broker) -> {
            if (isMisplaced(interest, broker)) {
                tenants.add(interest.tenant());
            }
        });
        return tenants;
    }

    private boolean isMisplaced(Interest interest, @Nullable RedisBroker broker) {
        return broker == null || broker != routes.of(interest.tenant());
    }

    /**
     * Joins the interests of tenants at the servers that have them now; blocks until delivery at the former ones has ended. One that fails is joined by the next
     * call. Events may have been missed.
     *
     * @return complete when the interests of a server are joined or have failed
     */
    List<CompletionStage<?>> move(Set<Tenant> tenants) {
        Map<RedisBroker, List<Interest>> leaving = new HashMap<>();
        List<Interest> moved = new ArrayList<>();
        synchronized (this) {
            joined.forEach((interest, broker) -> {
                if (tenants.contains(interest.tenant()) && isMisplaced(interest, broker)) {
                    moved.add(interest);
                    if (broker != null) {
                        leaving.computeIfAbsent(broker, b -> new ArrayList<>()).add(interest);
                    }
                }
            });
            moved.forEach(interest -> joined.put(interest, null));
        }
        leaving.forEach((broker, some) -> {
            CompletionStage<Void> _ = broker.channel().leave(some);
            broker.awaitDelivery();
        });
        List<CompletionStage<?>> moves = new ArrayList<>();
        routes.grouped(moved, Interest::tenant).forEach((broker, some) -> {
            if (broker != null) {
                moves.add(broker.channel()
                        .join(some)
                        .thenRun(() -> arrived(broker, some))
                        .handle((x, e) -> null));
            }
        });
        return moves;
    }

    private void arrived(RedisBroker broker, List<Interest> some) {
        List<Interest> left = new ArrayList<>();
        synchronized (this) {
            for (Interest interest : some) {
                if (joined.containsKey(interest)) {
                    joined.put(interest, broker);
                } else {
                    left.add(interest);
                }
            }
        }
        if (!left.isEmpty()) {
            CompletionStage<Void> _ = broker.channel().leave(left);
        }
    }

    @Override
    public CompletionStage<Appended> broadcast(Event event, Idempotency by) {
        return routes.ask(event.tenant(), broker -> broker.channel().broadcast(event, by));
    }

    @Override
    public List<CompletionStage<Appended>> broadcastAll(List<Broadcast> broadcasts) {
        Map<Tenant, List<Broadcast>> groups = new HashMap<>();
        Map<Tenant, List<Integer>> numbers = new HashMap<>();
        for (int i = 0; i < broadcasts.size(); i++) {
            Tenant tenant = broadcasts.get(i).event().tenant();
            groups.computeIfAbsent(tenant, t -> new ArrayList<>()).add(broadcasts.get(i));
            numbers.computeIfAbsent(tenant, t -> new ArrayList<>()).add(i);
        }
        Map<Integer, CompletionStage<Appended>> answers = HashMap.newHashMap(broadcasts.size());
        groups.forEach((tenant, some) -> {
            RedisBroker broker = routes.of(tenant);
            List<CompletionStage<Appended>> of = broker == null
                    ? some.stream()
                            .<CompletionStage<Appended>>map(
                                    x -> CompletableFuture.failedFuture(ClusterRoutes.unserved(tenant)))
                            .toList()
                    : broker.channel().broadcastAll(some);
            List<Integer> places = numbers.getOrDefault(tenant, List.of());
            for (int i = 0; i < of.size(); i++) {
                answers.put(places.get(i), of.get(i));
            }
        });
        List<CompletionStage<Appended>> ordered = new ArrayList<>(broadcasts.size());
        for (int i = 0; i < broadcasts.size(); i++) {
            CompletionStage<Appended> answer = answers.get(i);
            ordered.add(answer == null ? CompletableFuture.failedFuture(new IllegalStateException()) : answer);
        }
        return ordered;
    }

    @Override
    public AppendCounts appendCounts() {
        AppendCounts sum = AppendCounts.NONE;
        for (RedisBroker broker : routes.brokers()) {
            AppendCounts own = broker.channel().appendCounts();
            sum = new AppendCounts(sum.calls() + own.calls(), sum.events() + own.events());
        }
        return sum;
    }

    @Override
    public CompletionStage<Snapshot> snapshot(Tenant tenant, Collection<Scope> scopes) {
        return routes.ask(tenant, broker -> broker.channel().snapshot(tenant, scopes));
    }
}
