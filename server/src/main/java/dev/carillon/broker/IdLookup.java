package dev.carillon.broker;

import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.Collection;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A lookup of an event's position by its id, among a client's own scopes only: others may use the same id in theirs.
 *
 * @param topics predicate for further topics of the client, matched by a pattern; null: none
 */
public record IdLookup(
        Tenant tenant,
        String id,
        Set<Scope> scopes,
        @Nullable Predicate<Scope> topics) {
    public IdLookup {
        scopes = Set.copyOf(scopes);
    }

    public static IdLookup of(Tenant tenant, String id, Collection<Scope> scopes) {
        return new IdLookup(tenant, id, Set.copyOf(scopes), null);
    }

    /** Whether a topic belongs to the client by its pattern. */
    public boolean matches(Scope scope) {
        return topics != null && scope.kind() == Scope.Kind.TOPIC && topics.test(scope);
    }

    public boolean covers(Scope scope) {
        return scopes.contains(scope) || matches(scope);
    }
}
