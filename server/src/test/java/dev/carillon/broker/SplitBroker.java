package dev.carillon.broker;

import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Two in-memory brokers that fail on their own, as servers of a cluster do: one has the tenant {@link #HERE}, the other one all others. */
public final class SplitBroker implements Broker, Channel, Log {
    public static final Tenant HERE = new Tenant("here");
    public static final Tenant THERE = new Tenant("there");

    private final Broker here;
    private final Broker there;

    public SplitBroker(String name, BrokerOptions options) {
        here = Brokers.open("memory://" + name + "-here", options);
        there = Brokers.open("memory://" + name + "-there", options);
    }

    /** The broker of a tenant, which can have an outage. */
    public Broker of(Tenant tenant) {
        return tenant.equals(HERE) ? here : there;
    }

    @Override
    public String driver() {
        return "split";
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
        return there.store();
    }

    @Override
    public Health health() {
        return new SplitHealth();
    }

    @Override
    public void close() {
        here.close();
        there.close();
    }

    private final class SplitHealth implements Health {
        @Override
        public boolean connected() {
            return connected(HERE) && connected(THERE);
        }

        @Override
        public boolean connected(Tenant tenant) {
            return of(tenant).health().connected();
        }

        @Override
        public Optional<Instant> unavailableSince() {
            return here.health().unavailableSince().or(() -> there.health().unavailableSince());
        }

        @Override
        public long outstandingBytes() {
            return 0;
        }

        @Override
        public Optional<Duration> roundTrip() {
            return Optional.empty();
        }

        @Override
        public void listen(Consumer<HealthEvent> listener) {
            for (Broker part : List.of(here, there)) {
                AffectedTenants tenants = tenant -> of(tenant).equals(part);
                part.health()
                        .listen(event -> listener.accept(
                                switch (event) {
                                    case HealthEvent.Unavailable lost ->
                                        new HealthEvent.Unavailable(lost.reason(), tenants);
                                    case HealthEvent.Connected _ -> new HealthEvent.Connected(tenants);
                                    case HealthEvent.PossibleLoss loss ->
                                        new HealthEvent.PossibleLoss(loss.reason(), tenants);
                                }));
            }
        }
    }

    private Map<Broker, List<Interest>> byPart(Collection<Interest> interests) {
        return interests.stream().collect(Collectors.groupingBy(interest -> of(interest.tenant())));
    }

    @Override
    public void listen(Consumer<Live> listener) {
        here.channel().listen(listener);
        there.channel().listen(listener);
    }

    @Override
    public Set<Chain> chains(Interest interest) {
        return here.channel().chains(interest);
    }

    @Override
    public Set<Chain> chains(Event event) {
        return here.channel().chains(event);
    }

    @Override
    public CompletionStage<Void> join(Collection<Interest> interests) {
        List<CompletableFuture<?>> joined = new ArrayList<>();
        byPart(interests)
                .forEach((part, some) -> joined.add(part.channel().join(some).toCompletableFuture()));
        return CompletableFuture.allOf(joined.toArray(CompletableFuture<?>[]::new));
    }

    @Override
    public CompletionStage<Void> leave(Collection<Interest> interests) {
        List<CompletableFuture<?>> left = new ArrayList<>();
        byPart(interests)
                .forEach((part, some) -> left.add(part.channel().leave(some).toCompletableFuture()));
        return CompletableFuture.allOf(left.toArray(CompletableFuture<?>[]::new));
    }

    @Override
    public CompletionStage<Appended> broadcast(Event event, Idempotency by) {
        return of(event.tenant()).channel().broadcast(event, by);
    }

    @Override
    public CompletionStage<Snapshot> snapshot(Tenant tenant, Collection<Scope> scopes) {
        return of(tenant).channel().snapshot(tenant, scopes);
    }

    @Override
    public CompletionStage<Page> read(Tenant tenant, Collection<Scope> scopes, Position after, int max) {
        return of(tenant).log().read(tenant, scopes, after, max);
    }

    @Override
    public CompletionStage<List<Position>> find(IdLookup lookup) {
        return of(lookup.tenant()).log().find(lookup);
    }

    @Override
    public CompletionStage<Position> head(Tenant tenant) {
        return of(tenant).log().head(tenant);
    }

    @Override
    public CompletionStage<Map<Chain, Position>> heads(Collection<Interest> interests) {
        List<CompletableFuture<Map<Chain, Position>>> parts = new ArrayList<>();
        byPart(interests)
                .forEach((part, some) -> parts.add(part.log().heads(some).toCompletableFuture()));
        return CompletableFuture.allOf(parts.toArray(CompletableFuture<?>[]::new))
                .thenApply(x -> {
                    Map<Chain, Position> heads = new HashMap<>();
                    parts.forEach(part -> heads.putAll(part.join()));
                    return heads;
                });
    }

    @Override
    public CompletionStage<List<Epoch>> epochs(Tenant tenant) {
        return of(tenant).log().epochs(tenant);
    }

    @Override
    public Durability durability() {
        return here.log().durability();
    }
}
