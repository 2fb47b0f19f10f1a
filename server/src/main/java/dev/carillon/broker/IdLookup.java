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
    /** All scopes, and not only topics. */
    private enum Everywhere implements Predicate<Scope> {
        IN_TENANT;

        @Override
        public boolean test(Scope scope) {
            return true;
        }
    }

    public IdLookup {
        scopes = Set.copyOf(scopes);
    }

    public static IdLookup of(Tenant tenant, String id, Collection<Scope> scopes) {
        return new IdLookup(tenant, id, Set.copyOf(scopes), null);
    }

    /** A lookup among all scopes of a tenant, for operators. */
    public static IdLookup anywhere(Tenant tenant, String id) {
        return new IdLookup(tenant, id, Set.of(), Everywhere.IN_TENANT);
    }

    /** Whether a scope belongs to the client by its pattern, which matches topics only. */
    public boolean matches(Scope scope) {
        return topics != null
                && (topics instanceof Everywhere || scope.kind() == Scope.Kind.TOPIC && topics.test(scope));
    }

    public boolean covers(Scope scope) {
        return scopes.contains(scope) || matches(scope);
    }
}
