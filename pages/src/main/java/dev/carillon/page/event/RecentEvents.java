package dev.carillon.page.event;

import dev.carillon.scope.Scope;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The last {@value #MAX} events of several scopes that a handler has received. Such an event arrives once for each of them, in any order, as the scopes have
 * subscriptions of their own; the oldest are forgotten. Thread-safe.
 */
public final class RecentEvents {
    static final int MAX = 128;

    // Guarded by this. Most handlers have none.
    private @Nullable Deque<Received> events;

    /** An id may be used again: an event that arrives in the same scope once more is another one. */
    private record Received(String id, Set<Scope> scopes) {}

    /** Notes that an event has arrived in a scope; returns whether it did so in no other scope before. */
    public synchronized boolean isNew(String id, Scope scope) {
        Deque<Received> known = events == null ? new ArrayDeque<>() : events;
        events = known;
        for (Received received : known) {
            if (received.id().equals(id) && received.scopes().add(scope)) {
                return false;
            }
        }
        Received added = new Received(id, new HashSet<>());
        added.scopes().add(scope);
        known.add(added);
        if (known.size() > MAX) {
            known.remove();
        }
        return true;
    }
}
