package dev.carillon.page.journal;

import dev.carillon.scope.Scope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The state of a context, as the store has it.
 *
 * @param signals of the tab, as text, by name
 * @param joined all scopes that the page has joined
 * @param actions the keys of its last actions
 */
public record JournalEntry(
        Owner owner, Client client, Source source, Map<String, String> signals, Set<Scope> joined, Actions actions) {
    public JournalEntry {
        signals = Map.copyOf(signals);
        joined = Set.copyOf(joined);
    }

    /**
     * A context in the memory of a node.
     *
     * @param generation of the node
     * @param life random: the node may own the context again later, as another object
     */
    public record Owner(String node, long generation, String life) {}

    /**
     * The only client that may use the context.
     *
     * @param session handle of the session
     * @param user null: anonymous
     */
    public record Client(String session, @Nullable String user) {}

    /**
     * The request by which the page was declared.
     *
     * @param pattern of the page
     * @param path without the base path
     * @param query as it was sent
     * @param attributes that middleware has set
     */
    public record Source(String pattern, String path, String query, Map<String, String> attributes) {
        public Source {
            attributes = Map.copyOf(attributes);
        }
    }

    /**
     * Keys of actions.
     *
     * @param ended the oldest first
     * @param unknown of which no owner knows whether they took effect
     */
    public record Actions(List<String> ended, List<String> unknown) {
        public static final Actions NONE = new Actions(List.of(), List.of());

        public Actions {
            ended = List.copyOf(ended);
            unknown = List.copyOf(unknown);
        }
    }

    public JournalEntry ownedBy(Owner next) {
        return new JournalEntry(next, client, source, signals, joined, actions);
    }

    /** Collects the parts of an entry while it is read. */
    static final class Draft {
        @Nullable
        Owner owner;

        @Nullable
        String session;

        @Nullable
        String user;

        String pattern = "";
        String path = "";
        String query = "";
        final Map<String, String> attributes = new LinkedHashMap<>();
        final Map<String, String> signals = new LinkedHashMap<>();
        final Set<Scope> joined = new LinkedHashSet<>();
        final List<String> ended = new ArrayList<>();
        final List<String> unknown = new ArrayList<>();

        /** Null: a part is missing. */
        @Nullable
        JournalEntry entry() {
            Owner known = owner;
            String handle = session;
            return known == null || handle == null || path.isEmpty()
                    ? null
                    : new JournalEntry(
                            known,
                            new Client(handle, user),
                            new Source(pattern, path, query, attributes),
                            signals,
                            joined,
                            new Actions(ended, unknown));
        }
    }
}
