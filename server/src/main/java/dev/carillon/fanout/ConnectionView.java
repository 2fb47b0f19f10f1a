package dev.carillon.fanout;

import dev.carillon.auth.Grants;
import dev.carillon.broker.Interest;
import dev.carillon.scope.Position;
import dev.carillon.scope.TagFilter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What decides whether an event reached a connection, at one moment of its life.
 *
 * @param number of the connection, in the order in which this node opened them
 * @param context id of its context; null: it has none
 * @param grants without a lease
 * @param renewed whether the grants were replaced: earlier events were checked against others
 * @param filter selects events of routes and topics by their tags; null: all events
 * @param held the first of its memberships
 * @param more number of memberships that are not in the list
 * @param last position in the tenant's log up to which it has received its events, or has them in its outbox
 * @param queuedFrom position of the first event that waits for its socket or for the end of a replay; null: none
 * @param opening whether events are buffered, until those before them were read from the log
 * @param ageSeconds how long it has been open
 */
public record ConnectionView(
        int number,
        @Nullable String context,
        Grants grants,
        boolean renewed,
        @Nullable TagFilter filter,
        List<Held> held,
        int more,
        Position last,
        @Nullable Position queuedFrom,
        boolean opening,
        String transport,
        @Nullable String session,
        @Nullable String label,
        int ageSeconds) {
    /** Maximum number of memberships in the view of a closed connection. */
    public static final int MAX_HELD = 32;

    /**
     * A membership.
     *
     * @param from where its live events begin; null: it has not begun
     */
    public record Held(Interest interest, @Nullable LiveFrom from) {}

    public ConnectionView {
        held = List.copyOf(held);
        grants = grants.lease() == null ? grants : withoutLease(grants);
    }

    /** A lease holds on to the answers of the authorizer. */
    private static Grants withoutLease(Grants of) {
        return new Grants(
                of.tenant(),
                of.user(),
                of.read(),
                of.broadcast(),
                of.expiresAt(),
                of.token(),
                of.userData(),
                of.asks(),
                null);
    }
}
