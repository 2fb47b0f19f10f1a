package dev.carillon.broker.nats.log;

import dev.carillon.broker.Chain;
import dev.carillon.broker.nats.connection.Subjects;
import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The chains that every node with an interest in the tenant receives: events with several scopes, and retained events. A node ignores the
 * events without an interest of its own; its links and heads must leave them out as well, or each such event would look missing.
 *
 * <p>Kept across sessions: a chain without new events during an outage continues. The dispatcher's thread writes; comparisons of heads
 * read.
 */
final class SharedChains {
    private static final Set<String> NAMES = Set.of(Subjects.MULTI, Subjects.RETAINED);

    /**
     * The last message of a chain.
     *
     * @param delivered last delivered event up to it; null: none since the base
     * @param base sequence before the first message of the current gapless run
     */
    private record Seen(Position received, @Nullable Position delivered, long base) {
        long lastDelivered() {
            return delivered == null ? base : delivered.sequence();
        }

        boolean isBefore(Position at, long previous) {
            return received.epoch() == at.epoch() && received.sequence() == previous;
        }

        Optional<Position> head() {
            return delivered != null
                    ? Optional.of(delivered)
                    : base == 0 ? Optional.empty() : Optional.of(new Position(received.epoch(), base, 0));
        }
    }

    /** Guarded by this. */
    private final Map<Chain, Seen> last = new HashMap<>();

    static boolean isShared(String key) {
        return NAMES.contains(key);
    }

    /**
     * Records a message and returns its predecessor among the delivered events; messages that were not received stay visible as a gap.
     */
    synchronized long record(Chain chain, Position at, long previous, boolean delivered) {
        Seen seen = last.get(chain);
        if (seen == null || !seen.isBefore(at, previous)) {
            seen = new Seen(at, null, previous);
        }
        long shown = seen.lastDelivered();
        last.put(chain, new Seen(at, delivered ? at : seen.delivered(), seen.base()));
        return shown;
    }

    /** Replaces heads up to which everything was received by the last delivered event. */
    synchronized void narrow(Map<Chain, Position> heads) {
        heads.entrySet().removeIf(entry -> {
            Seen seen = last.get(entry.getKey());
            if (seen == null || seen.received().compareTo(entry.getValue()) != 0) {
                return false;
            }
            seen.head().ifPresent(entry::setValue);
            return seen.head().isEmpty();
        });
    }

    /** Forgets the chains of a tenant. */
    synchronized void forget(Tenant tenant) {
        last.keySet().removeIf(chain -> chain.tenant().equals(tenant));
    }
}
