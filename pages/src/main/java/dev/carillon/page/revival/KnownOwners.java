package dev.carillon.page.revival;

import dev.carillon.page.journal.JournalEntry;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The owners of contexts whose actions have been passed on from here, so that the store is not asked for each action. An owner that does not have the context any
 * more says so, and is then forgotten; what it would still do is refused by the journal. At most {@value #MAX}; the one that was used least recently is
 * forgotten then. Thread-safe.
 */
public final class KnownOwners {
    static final int MAX = 10_000;

    // Guarded by this.
    private final Map<String, JournalEntry.Owner> owners = new LinkedHashMap<>(16, 0.75f, true);

    public synchronized JournalEntry.@Nullable Owner of(String context) {
        return owners.get(context);
    }

    public synchronized void know(String context, JournalEntry.Owner owner) {
        owners.put(context, owner);
        if (owners.size() > MAX) {
            owners.remove(owners.keySet().iterator().next());
        }
    }

    public synchronized void forget(String context) {
        owners.remove(context);
    }
}
