package dev.carillon.broker.redis.cluster;

import dev.carillon.scope.Tenant;
import io.lettuce.core.cluster.SlotHash;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Which primary of a Redis Cluster has which slot. Immutable. */
final class ClusterSlots {
    /** A server of the cluster. */
    record Server(String host, int port) {
        @Override
        public String toString() {
            return host + ":" + port;
        }
    }

    /** Number of slots of a cluster. */
    static final int COUNT = SlotHash.SLOT_COUNT;

    static final ClusterSlots NONE = new ClusterSlots(new TreeMap<>());

    private record Range(int last, Server server) {}

    private static final int MAX_TRIES = 1_000_000;
    private static final BitSet NO_SLOTS = new BitSet();

    /** By first slot. */
    private final NavigableMap<Integer, Range> ranges;

    private final Map<Server, List<String>> tags = new HashMap<>();
    private final Map<Server, BitSet> slots = new HashMap<>();

    private ClusterSlots(NavigableMap<Integer, Range> ranges) {
        this.ranges = ranges;
        ranges.forEach((first, range) -> slots.computeIfAbsent(range.server(), server -> new BitSet(COUNT))
                .set(first, range.last() + 1));
        for (Server server : servers()) {
            tags.put(server, tags(server));
        }
    }

    static int slotOf(Tenant tenant) {
        return SlotHash.getSlot(tenant.name());
    }

    /** All slots of a server; not to be modified. */
    BitSet slotsOf(Server server) {
        return slots.getOrDefault(server, NO_SLOTS);
    }

    /**
     * Reads a reply of {@code CLUSTER SLOTS}: of each range the first and the last slot, its primary as address and port, and replicas.
     *
     * @param asked host of the server that gave it, which may not know its own
     * @throws RuntimeException for anything else
     */
    static ClusterSlots of(List<Object> reply, String asked) {
        NavigableMap<Integer, Range> ranges = new TreeMap<>();
        for (Object one : reply) {
            List<?> parts = (List<?>) one;
            List<?> primary = (List<?>) parts.get(2);
            Object host = primary.getFirst();
            String name = host == null || host.toString().isEmpty() || host.equals("?") ? asked : host.toString();
            Server server = new Server(name, Math.toIntExact((Long) primary.get(1)));
            ranges.put(
                    Math.toIntExact((Long) parts.getFirst()), new Range(Math.toIntExact((Long) parts.get(1)), server));
        }
        return new ClusterSlots(ranges);
    }

    /** The primary with all keys of the tenant; null: none has them now. */
    @Nullable
    Server of(Tenant tenant) {
        return of(tenant.name());
    }

    /** The primaries that have slots. */
    Set<Server> servers() {
        Set<Server> servers = new LinkedHashSet<>();
        ranges.values().forEach(range -> servers.add(range.server()));
        return servers;
    }

    /**
     * A hash tag in a slot of this server; empty: it has none.
     *
     * @param attempt 0 for the first tag, 1 for one in another slot if the server has two
     */
    String tagOf(Server server, int attempt) {
        List<String> some = tags.getOrDefault(server, List.of());
        return some.isEmpty() ? "" : some.get(Math.min(attempt, some.size() - 1));
    }

    private @Nullable Server of(String tag) {
        int slot = SlotHash.getSlot(tag);
        var range = ranges.floorEntry(slot);
        return range != null && range.getValue().last() >= slot
                ? range.getValue().server()
                : null;
    }

    /** Two tags in different slots; fewer if the server has fewer slots. */
    private List<String> tags(Server server) {
        List<String> tags = new ArrayList<>();
        int most = slotsOf(server).cardinality() > 1 ? 2 : 1;
        for (int i = 0; i < MAX_TRIES && tags.size() < most; i++) {
            String tag = "probe-" + i;
            if (server.equals(of(tag))
                    && (tags.isEmpty() || SlotHash.getSlot(tag) != SlotHash.getSlot(tags.getFirst()))) {
                tags.add(tag);
            }
        }
        return tags;
    }
}
