package dev.carillon.autopsy;

import dev.carillon.base.CloseReason;
import dev.carillon.broker.Interest;
import dev.carillon.fanout.ConnectionView;
import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rings of one node. Each is bounded by count, and no record has data of an event. Thread-safe. */
final class Records {
    /** Maximum number of records of each kind. */
    static final int MAX_EVENTS = 1_000_000;

    private static final int MAX_GAP_INTERESTS = 100;

    /**
     * A broadcast of this node.
     *
     * @param by who broadcast it, for people
     * @param about what is kept of the event; null: it has too many scopes or readers
     */
    record Sent(
            long atMillis,
            long answeredMillis,
            String by,
            String id,
            Tenant tenant,
            Position at,
            @Nullable EventParts about)
            implements Ring.Timed {}

    /** A closed connection. */
    record Closed(long atMillis, ConnectionView last, CloseReason reason) implements Ring.Timed {}

    /** Memberships that a connection has left. */
    record Left(long atMillis, ConnectionView memberships) implements Ring.Timed {}

    /**
     * A gap that one client was told.
     *
     * @param after null: not known
     */
    record Gap(
            long atMillis,
            int connection,
            String reason,
            @Nullable Position after) implements Ring.Timed {}

    /**
     * Events that did not reach the node; all clients of the interests were told.
     *
     * @param interests null: all of the tenant
     * @param after position after which they are missing
     */
    record Lost(long atMillis, Tenant tenant, @Nullable List<Interest> interests, Position after, String reason)
            implements Ring.Timed {}

    final Arrivals arrivals;
    final LeftOut leftOut;
    final Ring<Sent> sent;
    final Ring<Closed> closed;
    final Ring<Left> left;
    final Ring<Gap> gaps;
    final Ring<Lost> lost;
    final long startMillis;
    private final int capacity;

    /** @param capacity maximum number of records of each kind; 0: nothing is recorded */
    Records(int capacity, long startMillis) {
        this.capacity = capacity;
        this.startMillis = startMillis;
        arrivals = new Arrivals(capacity);
        leftOut = new LeftOut(capacity);
        sent = new Ring<>(capacity);
        closed = new Ring<>(capacity);
        left = new Ring<>(capacity);
        gaps = new Ring<>(capacity);
        lost = new Ring<>(Math.min(capacity, MAX_GAP_INTERESTS));
    }

    boolean isOn() {
        return capacity > 0;
    }

    /** Since when all kinds of records are complete. */
    long knownSinceMillis() {
        long since = Math.max(arrivals.knownSinceMillis(startMillis), leftOut.knownSinceMillis(startMillis));
        for (Ring<?> ring : List.of(closed, left, gaps, lost)) {
            since = Math.max(since, ring.knownSinceMillis(startMillis));
        }
        return since;
    }

    /** The interests of a tenant that a loss concerns; null: too many to keep. */
    static @Nullable List<Interest> bounded(Collection<Interest> interests, Tenant tenant) {
        List<Interest> own = interests.stream()
                .filter(interest -> interest.tenant().equals(tenant))
                .toList();
        return own.size() > MAX_GAP_INTERESTS ? null : own;
    }
}
