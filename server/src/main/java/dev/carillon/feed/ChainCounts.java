package dev.carillon.feed;

import dev.carillon.broker.Chain;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Counts, for each chain, the joined interests that it links. Interests may share a chain, and among tens of thousands a join or leave
 * must not search all of them. Thread-safe.
 */
final class ChainCounts {
    private final Map<Tenant, Map<Chain, Integer>> held = new HashMap<>();

    synchronized void hold(Tenant tenant, Collection<Chain> chains) {
        Map<Chain, Integer> counts = held.computeIfAbsent(tenant, t -> new HashMap<>());
        chains.forEach(chain -> counts.merge(chain, 1, Integer::sum));
    }

    /** The chains whose count has become zero. */
    synchronized List<Chain> release(Tenant tenant, Collection<Chain> chains) {
        Map<Chain, Integer> counts = held.get(tenant);
        if (counts == null) {
            return List.of();
        }
        List<Chain> gone = new ArrayList<>();
        for (Chain chain : chains) {
            if (counts.computeIfPresent(chain, (c, count) -> count == 1 ? null : count - 1) == null) {
                gone.add(chain);
            }
        }
        if (counts.isEmpty()) {
            held.remove(tenant);
        }
        return gone;
    }

    /** Those of the chains whose count is not zero. */
    synchronized Set<Chain> held(Tenant tenant, Collection<Chain> chains) {
        Map<Chain, Integer> counts = held.getOrDefault(tenant, Map.of());
        Set<Chain> some = new HashSet<>(chains);
        some.retainAll(counts.keySet());
        return some;
    }

    synchronized boolean hasAny(Tenant tenant) {
        return held.containsKey(tenant);
    }
}
