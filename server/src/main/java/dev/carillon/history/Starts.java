package dev.carillon.history;

import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The start points of memberships that one connection resumes together. One pass over the log from the earliest of them serves all: it writes an event
 * once, in log order, if one of its memberships starts before it.
 */
public final class Starts {
    /** Some memberships with the same start point. */
    public record Start(List<Interest> interests, StartPoint.Known from) {}

    private final List<Start> starts;
    private final List<Interest> interests;
    private final StartPoint.Known earliest;
    private final Map<Interest, Position> byInterest = new HashMap<>();

    /**
     * @param starts at least one; if there are several, none with an interest in templates or in all topics
     * @throws IllegalArgumentException if several start points have other interests than scopes
     */
    public Starts(List<Start> starts) {
        this.starts = List.copyOf(starts);
        this.earliest = this.starts.stream()
                .map(Start::from)
                .min(Comparator.comparing(StartPoint.Known::at))
                .orElseThrow();
        List<Interest> all = new ArrayList<>();
        for (Start start : this.starts) {
            all.addAll(start.interests());
            if (starts.size() > 1) {
                start.interests().forEach(interest -> put(interest, start.from().at()));
            }
        }
        this.interests = List.copyOf(all);
    }

    private void put(Interest interest, Position at) {
        if (interest.scope() == null) {
            throw new IllegalArgumentException("only scopes may have start points of their own: " + interest);
        }
        byInterest.put(interest, at);
    }

    public List<Interest> interests() {
        return interests;
    }

    Position earliest() {
        return earliest.at();
    }

    /** The start points after which the client may have received an event in an earlier epoch. */
    List<StartPoint.Known> repeated() {
        return starts.stream()
                .map(Start::from)
                .filter(from -> from.since() != null)
                .toList();
    }

    /** The memberships by which the client may have missed an event that is newer than {@link #earliest()}. */
    Collection<Interest> missing(Live live) {
        if (byInterest.isEmpty()) {
            return interests;
        }
        List<Interest> missing = new ArrayList<>();
        for (Scope scope : live.event().scopes()) {
            Interest interest = Interest.in(live.event().tenant(), scope);
            Position start = byInterest.get(interest);
            if (start != null && live.at().isAfter(start)) {
                missing.add(interest);
            }
        }
        return missing;
    }
}
