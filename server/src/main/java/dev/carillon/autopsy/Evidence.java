package dev.carillon.autopsy;

import dev.carillon.broker.Interest;
import dev.carillon.fanout.ConnectionView;
import dev.carillon.fanout.DeliveryLog.Cause;
import dev.carillon.fanout.LiveFrom;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.TagFilter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a node knows of one event, and the verdict about each connection that follows from it. Immutable.
 *
 * <p>Every event of a tenant reaches a connection in log order. So an event that is not after the connection's last position, and after the start of one of its
 * memberships, was written, unless an exception says otherwise: the membership does not admit it, it waits in a queue, was left out, or never reached the node.
 */
final class Evidence {
    private final EventFacts facts;
    private final boolean keepsHistory;
    private final Arrivals.@Nullable Arrival arrival;
    private final boolean missing;
    private final Map<Integer, LeftOut.Reason> leftOut;
    private final Map<Integer, List<Records.Left>> left = new HashMap<>();
    private final Map<Integer, List<Records.Gap>> gaps = new HashMap<>();
    private final List<Records.Lost> lost;

    /**
     * A membership, at present or in the past.
     *
     * @param from where its live events begin; null: it has not begun
     * @param end position of the connection when it left; null: it has not left
     */
    private record Member(
            Interest interest,
            @Nullable LiveFrom from,
            @Nullable Position end) {}

    /**
     * The verdict about one connection.
     *
     * @param closed null: it is open
     * @param atMillis when an event was left out; 0: not known
     * @param note more for people; empty: none
     */
    record Finding(ConnectionView view, Records.@Nullable Closed closed, Verdict verdict, long atMillis, String note) {}

    /** @param keepsHistory whether clients that resume can receive the event */
    Evidence(Records records, EventFacts facts, boolean keepsHistory) {
        this.facts = facts;
        this.keepsHistory = keepsHistory;
        arrival = records.arrivals.of(facts.tenant(), facts.at());
        missing = arrival == null && records.arrivals.covers(facts.tenant(), facts.at());
        leftOut = records.leftOut.of(facts.at());
        for (Records.Left each : records.left.all()) {
            if (covers(each.memberships())) {
                left.computeIfAbsent(each.memberships().number(), n -> new ArrayList<>())
                        .add(each);
            }
        }
        for (Records.Gap each : records.gaps.all()) {
            if (each.after() == null || facts.at().isAfter(each.after())) {
                gaps.computeIfAbsent(each.connection(), n -> new ArrayList<>()).add(each);
            }
        }
        lost = records.lost.all().stream().filter(this::concerns).toList();
    }

    private boolean concerns(Records.Lost each) {
        return each.tenant().equals(facts.tenant())
                && facts.at().isAfter(each.after())
                && (each.interests() == null || each.interests().stream().anyMatch(this::covers));
    }

    private boolean covers(Interest interest) {
        return interest.covers(facts.event());
    }

    private boolean covers(ConnectionView view) {
        for (ConnectionView.Held each : view.held()) {
            if (covers(each.interest())) {
                return true;
            }
        }
        return false;
    }

    Arrivals.@Nullable Arrival arrival() {
        return arrival;
    }

    /** Losses that concern the event and that clients of this node were told. */
    List<Records.Lost> lost() {
        return lost;
    }

    /** Whether the connection has, or had, a membership in a scope of the event. */
    boolean concerns(ConnectionView view) {
        return covers(view) || left.containsKey(view.number());
    }

    /** @param closed null: the connection is open */
    Finding judge(ConnectionView view, Records.@Nullable Closed closed) {
        LeftOut.Reason reason = leftOut.get(view.number());
        if (reason != null) {
            return new Finding(view, closed, verdict(reason.cause()), reason.atMillis(), "");
        }
        List<Member> members = members(view);
        if (members.isEmpty()) {
            return view.more() > 0
                    ? new Finding(view, closed, Verdict.UNKNOWN, 0, view.more() + " of its scopes were not remembered")
                    : new Finding(view, closed, Verdict.NOT_SUBSCRIBED, 0, "");
        }
        Verdict best = Verdict.UNKNOWN;
        for (Member member : members) {
            Verdict verdict = judge(member, view, closed);
            best = verdict.compareTo(best) < 0 ? verdict : best;
        }
        return new Finding(view, closed, best, 0, note(best, view));
    }

    private static Verdict verdict(Cause cause) {
        return switch (cause) {
            case OUTBOX_FULL -> Verdict.DROPPED;
            case REPLACED -> Verdict.REPLACED;
            case LATE -> Verdict.GAP_TOLD;
        };
    }

    private List<Member> members(ConnectionView view) {
        List<Member> members = new ArrayList<>();
        for (ConnectionView.Held each : view.held()) {
            if (covers(each.interest())) {
                members.add(new Member(each.interest(), each.from(), null));
            }
        }
        for (Records.Left each : left.getOrDefault(view.number(), List.of())) {
            for (ConnectionView.Held held : each.memberships().held()) {
                if (covers(held.interest())) {
                    members.add(new Member(
                            held.interest(), held.from(), each.memberships().last()));
                }
            }
        }
        return members;
    }

    private Verdict judge(Member member, ConnectionView view, Records.@Nullable Closed closed) {
        Event event = facts.event();
        Scope scope = member.interest().scope();
        boolean personal = scope != null && scope.kind().personal();
        if (event.isPrivate() && !view.grants().mayReadPrivate(event.scopes(), event.readers(), personal)) {
            return Verdict.NOT_GRANTED;
        }
        TagFilter filter = view.filter();
        if (filter != null && scope != null && TagFilter.appliesTo(scope) && !filter.matches(event.tags())) {
            return Verdict.FILTERED;
        }
        Position at = facts.at();
        LiveFrom from = member.from();
        if (member.end() != null && at.isAfter(member.end())) {
            return Verdict.UNSUBSCRIBED;
        }
        if (from == null) {
            return closed == null ? Verdict.PENDING : Verdict.LOST_WITH_CONNECTION;
        }
        if (!at.isAfter(from.since())) {
            return wasTold(view, "unknown") ? Verdict.GAP_TOLD : Verdict.SUBSCRIBED_LATER;
        }
        return at.isAfter(from.tenant()) ? live(view, closed) : replayed(view);
    }

    /** The event is one that the client missed, and came back for. */
    private Verdict replayed(ConnectionView view) {
        if (!keepsHistory) {
            return Verdict.NO_HISTORY;
        }
        return !facts.inLog() && gaps.containsKey(view.number()) ? Verdict.GAP_TOLD : Verdict.REPLAYED;
    }

    private Verdict live(ConnectionView view, Records.@Nullable Closed closed) {
        Position at = facts.at();
        Position queuedFrom = view.queuedFrom();
        boolean queued = queuedFrom != null && !queuedFrom.isAfter(at) && (view.opening() || !at.isAfter(view.last()));
        if (!at.isAfter(view.last()) && missing) {
            return lost.isEmpty() ? Verdict.NOT_YET : Verdict.GAP_TOLD;
        }
        if (queued) {
            return closed == null ? Verdict.QUEUED : Verdict.LOST_WITH_CONNECTION;
        }
        if (!at.isAfter(view.last())) {
            return Verdict.WRITTEN;
        }
        if (closed != null) {
            return arrival != null && closed.atMillis() > arrival.atMillis()
                    ? Verdict.LOST_WITH_CONNECTION
                    : Verdict.NOT_CONNECTED;
        }
        return arrival == null ? Verdict.NOT_YET : Verdict.PENDING;
    }

    private boolean wasTold(ConnectionView view, String reason) {
        return gaps.getOrDefault(view.number(), List.of()).stream()
                .anyMatch(gap -> gap.reason().equals(reason));
    }

    private String note(Verdict verdict, ConnectionView view) {
        return switch (verdict) {
            case GAP_TOLD -> gapNote(view);
            case NOT_GRANTED, WRITTEN ->
                view.renewed() ? "the client's token was renewed; this is judged by the present one" : "";
            case SUBSCRIBED_LATER ->
                facts.event().retain()
                        ? "the event is retained: the client received it when it subscribed, unless it was replaced before"
                        : "";
            default -> "";
        };
    }

    private String gapNote(ConnectionView view) {
        List<Records.Gap> own = gaps.getOrDefault(view.number(), List.of());
        if (!own.isEmpty()) {
            return "reason of the gap: " + own.getLast().reason();
        }
        return lost.isEmpty() ? "" : "reason of the gap: " + lost.getLast().reason();
    }
}
