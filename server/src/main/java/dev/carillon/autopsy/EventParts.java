package dev.carillon.autopsy;

import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** What a node keeps of an event that it has broadcast: all that decides who receives it, without its data. */
record EventParts(
        List<Scope> scopes,
        @Nullable String type,
        @Nullable String key,
        boolean isPrivate,
        boolean retain,
        SortedMap<String, String> tags,
        Set<String> readers) {
    private static final int MAX_SCOPES = 8;
    private static final int MAX_READERS = 8;
    private static final int MAX_SCOPE_CHARS = 1_000;

    /** Null: the event has too many scopes or readers, or long ones. */
    static @Nullable EventParts of(Event event) {
        if (event.scopes().size() > MAX_SCOPES || event.readers().size() > MAX_READERS) {
            return null;
        }
        int chars = 0;
        for (Scope scope : event.scopes()) {
            chars += scope.name().length();
        }
        return chars > MAX_SCOPE_CHARS
                ? null
                : new EventParts(
                        event.scopes(),
                        event.type(),
                        event.key(),
                        event.isPrivate(),
                        event.retain(),
                        event.tags(),
                        event.readers());
    }

    EventFacts facts(Tenant tenant, String id, Position at) {
        Event event =
                new Event(tenant, scopes, null, type, "", key, isPrivate, retain, null, false, tags, readers, null);
        return new EventFacts(event, id, at, EventFacts.UNKNOWN_SIZE, false);
    }
}
