package dev.carillon.feed;

import dev.carillon.broker.Chain;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * By how many joined interests each chain is watched: interests may share one, and among tens of thousands nobody wants to look through
 * all for the few that come and go. Thread-safe.
 */
final class HeldChains {
    private final Map<Tenant, Map<Chain, Integer>> held = new HashMap<>();

    synchronized void hold(Tenant tenant, Collection<Chain> chains) {
        Map<Chain, Integer> counts = held.computeIfAbsent(tenant, t -> new HashMap<>());
        chains.forEach(chain -> counts.merge(chain, 1, Integer::sum));
    }

    /** Those that nobody holds any more. */
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

    synchronized boolean holdsAny(Tenant tenant) {
        return held.containsKey(tenant);
    }
}
