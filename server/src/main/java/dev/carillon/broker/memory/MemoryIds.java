package dev.carillon.broker.memory;

import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.IdLookup;
import dev.carillon.broker.Idempotency;
import dev.carillon.broker.Log;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The ids of one tenant's log in memory; on the server's thread only. Two indexes:
 *
 * <ul>
 *   <li><b>places</b>: where the events of an id are, by scope. It has every event with an id that the log has, counted as a part of that
 *       event's bytes, and up to {@value #MAX_GONE} that the log had before, the oldest go first.
 *   <li><b>repeats</b>: what was broadcast within {@link BrokerOptions#ID_WINDOW}, by {@link Idempotency#fingerprint}. At most {@value
 *       #MAX_REPEATS}; then one of a set of scopes with more than {@value #FAIR_REPEATS} pushes out its own oldest, any other the oldest of
 *       all.
 * </ul>
 */
final class MemoryIds {
    static final int MAX_REPEATS = 200_000;
    static final int FAIR_REPEATS = 1_000;
    private static final int MAX_GONE = 10_000;

    /** An event that had an id. */
    private record Place(String id, List<Scope> scopes, Position at) {}

    /** @param digest of the event's bytes */
    record Repeat(Position at, String digest, List<Scope> scopes) {}

    private final ArrayDeque<Place> places = new ArrayDeque<>();
    private final Map<String, Map<Scope, ArrayDeque<Position>>> byId = new HashMap<>();
    private final LinkedHashMap<String, Repeat> repeats = new LinkedHashMap<>();
    private final Map<List<Scope>, ArrayDeque<String>> ofScopes = new HashMap<>();
    private int gone;

    @Nullable
    Repeat repeat(String fingerprint) {
        return repeats.get(fingerprint);
    }

    void remember(String fingerprint, Repeat repeat) {
        ArrayDeque<String> own = ofScopes.computeIfAbsent(repeat.scopes(), s -> new ArrayDeque<>(1));
        if (repeats.size() >= MAX_REPEATS) {
            String oldest = own.size() > FAIR_REPEATS ? own.peek() : null;
            forget(oldest == null ? repeats.firstEntry().getKey() : oldest);
            own = ofScopes.computeIfAbsent(repeat.scopes(), s -> new ArrayDeque<>(1));
        }
        own.add(fingerprint);
        repeats.put(fingerprint, repeat);
    }

    private void forget(String fingerprint) {
        Repeat old = repeats.remove(fingerprint);
        if (old == null) {
            return;
        }
        ArrayDeque<String> own = ofScopes.get(old.scopes());
        if (own != null) {
            // The oldest of all is the oldest of its scopes.
            own.remove();
            if (own.isEmpty()) {
                ofScopes.remove(old.scopes());
            }
        }
    }

    void forgetRepeatsBefore(long millis) {
        while (!repeats.isEmpty() && repeats.firstEntry().getValue().at().atMillis() < millis) {
            forget(repeats.firstEntry().getKey());
        }
    }

    void add(String id, Event event, Position at) {
        places.add(new Place(id, event.scopes(), at));
        Map<Scope, ArrayDeque<Position>> of = byId.computeIfAbsent(id, i -> new HashMap<>(2));
        event.scopes()
                .forEach(scope ->
                        of.computeIfAbsent(scope, s -> new ArrayDeque<>(1)).add(at));
    }

    /** The log has an event with an id no longer. */
    void trimmed() {
        gone++;
        if (gone > MAX_GONE) {
            gone--;
            Place oldest = places.remove();
            Map<Scope, ArrayDeque<Position>> of = byId.getOrDefault(oldest.id(), new HashMap<>());
            for (Scope scope : oldest.scopes()) {
                ArrayDeque<Position> positions = of.get(scope);
                if (positions != null) {
                    positions.remove();
                    if (positions.isEmpty()) {
                        of.remove(scope);
                    }
                }
            }
            if (of.isEmpty()) {
                byId.remove(oldest.id());
            }
        }
    }

    /** See {@link Log#find}. */
    List<Position> find(IdLookup lookup, long trimmedUpTo) {
        Map<Scope, ArrayDeque<Position>> of = byId.get(lookup.id());
        if (of == null) {
            return List.of();
        }
        List<ArrayDeque<Position>> own = new ArrayList<>();
        if (lookup.topics() == null) {
            for (Scope scope : lookup.scopes()) {
                ArrayDeque<Position> positions = of.get(scope);
                if (positions != null) {
                    own.add(positions);
                }
            }
        } else if (of.size() > Log.MAX_SCOPES_OF_ID) {
            return List.of();
        } else {
            of.forEach((scope, positions) -> {
                if (lookup.covers(scope)) {
                    own.add(positions);
                }
            });
        }
        TreeSet<Position> kept = new TreeSet<>();
        TreeSet<Position> over = new TreeSet<>();
        for (ArrayDeque<Position> positions : own) {
            Position newestGone = null;
            int taken = 0;
            for (Position at : positions) {
                if (at.sequence() <= trimmedUpTo) {
                    newestGone = at;
                } else {
                    kept.add(at);
                    if (++taken == Log.MAX_PLACES) {
                        break;
                    }
                }
            }
            if (newestGone != null) {
                over.add(newestGone);
            }
        }
        return kept.isEmpty()
                ? over.stream().limit(1).toList()
                : kept.stream().limit(Log.MAX_PLACES).toList();
    }
}
