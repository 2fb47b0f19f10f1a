package dev.carillon.fanout;

import dev.carillon.auth.Grants;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The events that a connection received or will receive by its live memberships. When it joins more scopes, these events are left out of the
 * replay for the new ones.
 */
public final class Received {
    /** For a new connection, which has received nothing. */
    public static final Received NOTHING = new Received(Grants.ANONYMOUS, Map.of(), List.of());

    private record Matching(Interest interest, Position since) {}

    private final Grants grants;
    private final Map<Interest, Position> since;
    private final List<Matching> matching;

    private Received(Grants grants, Map<Interest, Position> since, List<Matching> matching) {
        this.grants = grants;
        this.since = since;
        this.matching = matching;
    }

    static Received of(Membership[] members, Grants grants) {
        Map<Interest, Position> since = new HashMap<>();
        List<Matching> matching = new ArrayList<>();
        for (Membership member : members) {
            LiveFrom from = member.liveFrom;
            Interest key = member.list.key;
            if (from != null && key.scope() != null) {
                since.put(key, key.tenant().isSideLog() ? from.sideLog() : from.since());
            } else if (from != null) {
                matching.add(new Matching(key, from.since()));
            }
        }
        return since.isEmpty() && matching.isEmpty() ? NOTHING : new Received(grants, since, matching);
    }

    /** Whether one of the memberships began before the event, and the grants allowed reading it. */
    public boolean includes(Live live) {
        Event event = live.event();
        boolean readable = grants.mayRead(event, false);
        boolean readableAsOwn = grants.mayRead(event, true);
        for (Scope scope : event.scopes()) {
            Position from = readable || readableAsOwn && scope.kind().personal()
                    ? since.get(Interest.in(event.tenant(), scope))
                    : null;
            if (from != null && live.at().isAfter(from)) {
                return true;
            }
        }
        return readable
                && matching.stream()
                        .anyMatch(one ->
                                live.at().isAfter(one.since()) && one.interest().covers(event));
    }
}
