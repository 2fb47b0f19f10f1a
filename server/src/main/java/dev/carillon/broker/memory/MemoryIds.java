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
 * The ids of one tenant's log in memory. Confined to the server's thread. It holds two indexes:
 *
 * <ul>
 *   <li><b>positions by id</b> and scope, for every event with an id that the log has, counted as part of that event's bytes, and for up to
 *       {@value #MAX_TRIMMED} trimmed events, of which the oldest are removed first.
 *   <li><b>recent broadcasts</b> by {@link Idempotency#fingerprint}, within {@link BrokerOptions#ID_WINDOW}, at most {@value #MAX_RECENT}. When
 *       full, a set of scopes with more than {@value #FAIR_SHARE} entries evicts its own oldest one; any other evicts the oldest of all.
 * </ul>
 */
final class MemoryIds {
    static final int MAX_RECENT = 200_000;
    static final int FAIR_SHARE = 1_000;
    private static final int MAX_TRIMMED = 10_000;

    /** An event with an id. */
    private record IdEntry(String id, List<Scope> scopes, Position at) {}

    /** @param digest digest of the event's bytes */
    record RecentBroadcast(Position at, String digest, List<Scope> scopes) {}

    private final ArrayDeque<IdEntry> ids = new ArrayDeque<>();
    private final Map<String, Map<Scope, ArrayDeque<Position>>> byId = new HashMap<>();
    private final LinkedHashMap<String, RecentBroadcast> recent = new LinkedHashMap<>();
    private final Map<List<Scope>, ArrayDeque<String>> fingerprintsByScopes = new HashMap<>();
    private int trimmedIds;

    @Nullable
    RecentBroadcast recent(String fingerprint) {
        return recent.get(fingerprint);
    }

    void remember(String fingerprint, RecentBroadcast broadcast) {
        ArrayDeque<String> own = fingerprintsByScopes.computeIfAbsent(broadcast.scopes(), s -> new ArrayDeque<>(1));
        if (recent.size() >= MAX_RECENT) {
            String oldest = own.size() > FAIR_SHARE ? own.peek() : null;
            forget(oldest == null ? recent.firstEntry().getKey() : oldest);
            own = fingerprintsByScopes.computeIfAbsent(broadcast.scopes(), s -> new ArrayDeque<>(1));
        }
        own.add(fingerprint);
        recent.put(fingerprint, broadcast);
    }

    private void forget(String fingerprint) {
        RecentBroadcast old = recent.remove(fingerprint);
        if (old == null) {
            return;
        }
        ArrayDeque<String> own = fingerprintsByScopes.get(old.scopes());
        if (own != null) {
            // The oldest entry of all is also the oldest of its scopes.
            own.remove();
            if (own.isEmpty()) {
                fingerprintsByScopes.remove(old.scopes());
            }
        }
    }

    void forgetBroadcastsBefore(long millis) {
        while (!recent.isEmpty() && recent.firstEntry().getValue().at().atMillis() < millis) {
            forget(recent.firstEntry().getKey());
        }
    }

    void add(String id, Event event, Position at) {
        ids.add(new IdEntry(id, event.scopes(), at));
        Map<Scope, ArrayDeque<Position>> positionsByScope = byId.computeIfAbsent(id, i -> new HashMap<>(2));
        event.scopes()
                .forEach(scope -> positionsByScope
                        .computeIfAbsent(scope, s -> new ArrayDeque<>(1))
                        .add(at));
    }

    /** Records that the log has trimmed an event with an id. */
    void trimmed() {
        trimmedIds++;
        if (trimmedIds > MAX_TRIMMED) {
            trimmedIds--;
            IdEntry oldest = ids.remove();
            Map<Scope, ArrayDeque<Position>> positionsByScope = byId.getOrDefault(oldest.id(), new HashMap<>());
            for (Scope scope : oldest.scopes()) {
                ArrayDeque<Position> positions = positionsByScope.get(scope);
                if (positions != null) {
                    positions.remove();
                    if (positions.isEmpty()) {
                        positionsByScope.remove(scope);
                    }
                }
            }
            if (positionsByScope.isEmpty()) {
                byId.remove(oldest.id());
            }
        }
    }

    /** See {@link Log#find}. */
    List<Position> find(IdLookup lookup, long trimmedUpTo) {
        Map<Scope, ArrayDeque<Position>> positionsByScope = byId.get(lookup.id());
        if (positionsByScope == null) {
            return List.of();
        }
        List<ArrayDeque<Position>> own = new ArrayList<>();
        if (lookup.topics() == null) {
            for (Scope scope : lookup.scopes()) {
                ArrayDeque<Position> positions = positionsByScope.get(scope);
                if (positions != null) {
                    own.add(positions);
                }
            }
        } else if (positionsByScope.size() > Log.MAX_SCOPES_PER_ID) {
            return List.of();
        } else {
            positionsByScope.forEach((scope, positions) -> {
                if (lookup.covers(scope)) {
                    own.add(positions);
                }
            });
        }
        TreeSet<Position> kept = new TreeSet<>();
        TreeSet<Position> trimmed = new TreeSet<>();
        for (ArrayDeque<Position> positions : own) {
            Position newestTrimmed = null;
            int count = 0;
            for (Position at : positions) {
                if (at.sequence() <= trimmedUpTo) {
                    newestTrimmed = at;
                } else {
                    kept.add(at);
                    if (++count == Log.MAX_POSITIONS) {
                        break;
                    }
                }
            }
            if (newestTrimmed != null) {
                trimmed.add(newestTrimmed);
            }
        }
        return kept.isEmpty()
                ? trimmed.stream().limit(1).toList()
                : kept.stream().limit(Log.MAX_POSITIONS).toList();
    }
}
