package dev.carillon.broker.nats.log;

import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The last event of each replicated log that this node knows of: received, or appended by itself. It outlives sessions, because the servers of a cluster
 * may return without events that they had acknowledged. One entry per tenant, forgotten when the node leaves the tenant; of tenants that it only broadcasts
 * to, any one is forgotten beyond {@value #MAX}. Thread-safe.
 */
public final class LastSeen {
    static final int MAX = 100_000;

    private final boolean replicated;
    private final Map<Tenant, Position> last = new ConcurrentHashMap<>();

    /** @param replicated otherwise nothing is noted: a server that restarts begins a new epoch in any case */
    LastSeen(boolean replicated) {
        this.replicated = replicated;
    }

    void note(Tenant tenant, Position at) {
        if (replicated) {
            Position _ = last.merge(tenant, at, LastSeen::later);
            if (last.size() > MAX) {
                last.keySet().stream()
                        .filter(other -> !other.equals(tenant))
                        .findAny()
                        .ifPresent(last::remove);
            }
        }
    }

    /** Of equal ones the one with a time, which the answer to an append does not have. */
    private static Position later(Position a, Position b) {
        int order = a.compareTo(b);
        return order > 0 || order == 0 && a.atMillis() > 0 ? a : b;
    }

    /** Null: no event of this tenant is known. */
    @Nullable
    Position of(Tenant tenant) {
        return last.get(tenant);
    }

    /** The last known sequence in an epoch; 0: none. */
    long sequence(Tenant tenant, long epoch) {
        Position at = last.get(tenant);
        return at == null || at.epoch() != epoch ? 0 : at.sequence();
    }

    /** For tests. */
    int size() {
        return last.size();
    }

    void forget(Tenant tenant) {
        last.remove(tenant);
    }
}
