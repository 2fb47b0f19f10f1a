package dev.carillon.broker.nats.log;

import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The last event of each replicated log that this node knows of: received, or appended by itself. It outlives sessions, because the servers of a cluster
 * may return without events that they had acknowledged. One entry per tenant, forgotten when the node leaves the tenant; of tenants that it only broadcasts
 * to, any one is forgotten beyond {@value #MAX}. Thread-safe.
 *
 * <p>A live event that is not later than the live event before it may belong to another history, which would soon replace the event that shows the loss.
 * The same is true of the events of a new connection. The log is then suspect: its last event stays as it is until a {@link LossCheck} that began
 * afterwards has found it in the log, or a later epoch begins.
 */
public final class LastSeen {
    static final int MAX = 100_000;

    private final boolean replicated;
    private final Map<Tenant, Seen> last = new ConcurrentHashMap<>();

    /**
     * The knowledge of one log.
     *
     * @param known the last event
     * @param live the live event received last; null: none
     * @param suspicions number of connections, and of live events that were not later than the one before
     * @param cleared number of those since which the log was checked, and had the last event
     * @param missingSince monotonic time since which the log has lacked the last event; null: it did not, when it was checked last
     */
    record Seen(
            Position known,
            @Nullable Position live,
            int suspicions,
            int cleared,
            @Nullable Long missingSince) {
        private static Seen first(Position known, @Nullable Position live) {
            return new Seen(known, live, 0, 0, null);
        }

        /** Whether the last event must stay as it is until the log was checked. */
        boolean unresolved() {
            return suspicions > cleared || missingSince != null;
        }

        private Seen suspect() {
            return new Seen(known, live, suspicions + 1, cleared, missingSince);
        }

        private Seen appended(Position at) {
            if (at.epoch() > known.epoch()) {
                return first(at, null);
            }
            return unresolved() ? this : new Seen(later(known, at), live, suspicions, cleared, null);
        }

        private Seen received(Position at) {
            if (at.epoch() > known.epoch()) {
                return first(at, at);
            }
            Seen next = contradicts(at) ? suspect() : this;
            Position now = next.unresolved() ? known : later(known, at);
            return new Seen(now, at, next.suspicions, cleared, missingSince);
        }

        /** The same event may be received by two subscriptions. */
        private boolean contradicts(Position at) {
            return live != null
                    && (at.compareTo(live) < 0 || at.compareTo(live) == 0 && at.atMillis() != live.atMillis());
        }

        private Seen passed(Seen checked) {
            int all = Math.max(cleared, checked.suspicions);
            Position now = suspicions > all || live == null ? known : later(known, live);
            return new Seen(now, live, suspicions, all, null);
        }

        private Seen missing(long nanos) {
            return missingSince == null ? new Seen(known, live, suspicions, cleared, nanos) : this;
        }

        /** Of equal ones the one with a time, which the answer to an append does not have. */
        private static Position later(Position a, Position b) {
            int order = a.compareTo(b);
            return order > 0 || order == 0 && a.atMillis() > 0 ? a : b;
        }
    }

    /** @param replicated otherwise nothing is noted: a server that restarts begins a new epoch in any case */
    LastSeen(boolean replicated) {
        this.replicated = replicated;
    }

    /** Notes an event that this node appended, or that an earlier session received. */
    void note(Tenant tenant, Position at) {
        if (replicated) {
            Seen _ = last.compute(tenant, (t, seen) -> seen == null ? Seen.first(at, null) : seen.appended(at));
            bound(tenant);
        }
    }

    /**
     * Notes a live event of the current session, on its dispatcher's thread.
     *
     * @return whether the log must be checked, because this event makes it suspect
     */
    boolean received(Tenant tenant, Position at) {
        if (!replicated) {
            return false;
        }
        Seen before = last.get(tenant);
        Seen after = last.compute(tenant, (t, seen) -> seen == null ? Seen.first(at, at) : seen.received(at));
        bound(tenant);
        return before != null && after.suspicions() > before.suspicions();
    }

    private void bound(Tenant noted) {
        if (last.size() > MAX) {
            last.keySet().stream()
                    .filter(other -> !other.equals(noted))
                    .findAny()
                    .ifPresent(last::remove);
        }
    }

    /** Makes all logs suspect: events may have been lost and replaced while this node had no connection. */
    void suspectAll() {
        last.replaceAll((tenant, seen) -> seen.suspect());
    }

    /** The log had the last event as it was known when the check began. */
    void passed(Tenant tenant, Seen checked) {
        change(tenant, seen -> seen.known().epoch() == checked.known().epoch() ? seen.passed(checked) : seen);
    }

    /** The log lacks the last event; returns the monotonic time since which it does. */
    long missing(Tenant tenant, Position known, long nanos) {
        Seen after = change(tenant, seen -> seen.known().equals(known) ? seen.missing(nanos) : seen);
        return after == null || after.missingSince() == null ? nanos : after.missingSince();
    }

    /** As {@link #unresolved(Tenant)}, but for an event of this epoch alone. */
    boolean unresolved(Tenant tenant, long epoch) {
        Seen seen = last.get(tenant);
        return seen != null && seen.known().epoch() == epoch && seen.unresolved();
    }

    /** Whether the log must be checked again. */
    boolean unresolved(Tenant tenant) {
        Seen seen = last.get(tenant);
        return seen != null && seen.unresolved();
    }

    private @Nullable Seen change(Tenant tenant, UnaryOperator<Seen> change) {
        return last.computeIfPresent(tenant, (t, seen) -> change.apply(seen));
    }

    /** Null: no event of this tenant is known. */
    @Nullable
    Seen seen(Tenant tenant) {
        return last.get(tenant);
    }

    /** Null: no event of this tenant is known. */
    @Nullable
    Position of(Tenant tenant) {
        Seen seen = last.get(tenant);
        return seen == null ? null : seen.known();
    }

    /** The last known sequence in an epoch; 0: none. */
    long sequence(Tenant tenant, long epoch) {
        Position at = of(tenant);
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
