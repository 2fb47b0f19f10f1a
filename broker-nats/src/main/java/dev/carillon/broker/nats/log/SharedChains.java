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
 * The chains that come to every node with an interest in the tenant: what is sent to several scopes, and what is retained. A node
 * leaves out what it has no interest in, and its links and heads must leave it out as well, or each such event would look
 * like one that is missing.
 *
 * <p>Kept over sessions: a chain in which nothing came while there was no connection goes on. The dispatcher's thread writes,
 * those who compare heads read.
 */
final class SharedChains {
    private static final Set<String> NAMES = Set.of(Subjects.MULTI, Subjects.KEPT);

    /**
     * The last message of a chain.
     *
     * @param handed the last event that was handed over up to it; null: none since the base
     * @param base what was last before the first message that came without a gap up to this one
     */
    private record Seen(Position received, @Nullable Position handed, long base) {
        long lastHanded() {
            return handed == null ? base : handed.sequence();
        }

        boolean isBefore(Position at, long previous) {
            return received.epoch() == at.epoch() && received.sequence() == previous;
        }

        Optional<Position> head() {
            return handed != null
                    ? Optional.of(handed)
                    : base == 0 ? Optional.empty() : Optional.of(new Position(received.epoch(), base, 0));
        }
    }

    /** Guarded by this. */
    private final Map<Chain, Seen> last = new HashMap<>();

    static boolean isShared(String key) {
        return NAMES.contains(key);
    }

    /** The event before it of those that were handed over; what was not received at all stays visible. */
    synchronized long see(Chain chain, Position at, long previous, boolean handed) {
        Seen seen = last.get(chain);
        if (seen == null || !seen.isBefore(at, previous)) {
            seen = new Seen(at, null, previous);
        }
        long shown = seen.lastHanded();
        last.put(chain, new Seen(at, handed ? at : seen.handed(), seen.base()));
        return shown;
    }

    /** Replaces heads up to which everything was received by the last event that was handed over. */
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

    /** Nothing of the tenant comes any more. */
    synchronized void forget(Tenant tenant) {
        last.keySet().removeIf(chain -> chain.tenant().equals(tenant));
    }
}
