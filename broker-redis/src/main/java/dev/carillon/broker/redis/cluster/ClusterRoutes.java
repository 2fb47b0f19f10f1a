package dev.carillon.broker.redis.cluster;

import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.redis.RedisBroker;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The servers of a cluster by the tenants that they have. Replaced as a whole when slots move; every server of the slots has a broker.
 */
final class ClusterRoutes {
    private record State(ClusterSlots slots, Map<ClusterSlots.Server, RedisBroker> brokers) {}

    private volatile State state = new State(ClusterSlots.NONE, Map.of());

    void set(ClusterSlots slots, Map<ClusterSlots.Server, RedisBroker> brokers) {
        state = new State(slots, Map.copyOf(brokers));
    }

    ClusterSlots slots() {
        return state.slots();
    }

    Collection<RedisBroker> brokers() {
        return state.brokers().values();
    }

    /** The servers with slots. */
    Stream<ClusterSlots.Server> servers() {
        return state.brokers().keySet().stream();
    }

    /** The servers with slots that are not connected. */
    Stream<ClusterSlots.Server> unavailable() {
        return state.brokers().entrySet().stream()
                .filter(entry -> !entry.getValue().health().connected())
                .map(Map.Entry::getKey);
    }

    /** The slots of servers that are connected. */
    BitSet connectedSlots() {
        State now = state;
        BitSet slots = new BitSet(ClusterSlots.COUNT);
        now.brokers().forEach((server, broker) -> {
            if (broker.health().connected()) {
                slots.or(now.slots().slotsOf(server));
            }
        });
        return slots;
    }

    /** The broker of the server that has the tenant; null: none has it now. */
    @Nullable
    RedisBroker of(Tenant tenant) {
        State now = state;
        ClusterSlots.Server server = now.slots().of(tenant);
        return server == null ? null : now.brokers().get(server);
    }

    <T> CompletionStage<T> ask(Tenant tenant, Function<Broker, CompletionStage<T>> question) {
        RedisBroker broker = of(tenant);
        return broker == null ? CompletableFuture.failedFuture(unserved(tenant)) : question.apply(broker);
    }

    /** Groups by the server that has the tenant of each; the key is null where none has it. */
    <T> Map<@Nullable RedisBroker, List<T>> grouped(Collection<T> all, Function<T, Tenant> tenant) {
        Map<@Nullable RedisBroker, List<T>> groups = new HashMap<>();
        for (T one : all) {
            groups.computeIfAbsent(of(tenant.apply(one)), broker -> new ArrayList<>())
                    .add(one);
        }
        return groups;
    }

    static BrokerUnavailableException unserved(Tenant tenant) {
        return new BrokerUnavailableException(
                "no server of the Redis Cluster has the slot of tenant " + tenant + " now; the request had no effect");
    }
}
