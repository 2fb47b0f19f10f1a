package dev.carillon.presence;

import dev.carillon.broker.Store;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Scopes with as many users as they may have, and tenants with as many occupied scopes, as the last sweep found them. The bounds are below {@link
 * Store#MAX_LIST}, so that a list of the store has all records even if some are added between two sweeps. Thread-safe.
 */
final class FullScopes {
    /** Users of a scope. */
    static final int MAX_USERS = 9_500;
    /** Occupied scopes of a tenant. */
    static final int MAX_SCOPES = 9_500;

    private final Set<Subject> scopes = ConcurrentHashMap.newKeySet();
    private final Set<Tenant> tenants = ConcurrentHashMap.newKeySet();

    void countedUsers(Subject scope, int count) {
        if (count >= MAX_USERS) {
            scopes.add(scope);
        } else {
            scopes.remove(scope);
        }
    }

    void countedScopes(Tenant tenant, int count) {
        if (count >= MAX_SCOPES) {
            tenants.add(tenant);
        } else {
            tenants.remove(tenant);
        }
    }

    /** The full scopes of a tenant: they must be counted again even if no node has users in them any more. */
    List<Scope> scopes(Tenant tenant) {
        return scopes.stream()
                .filter(each -> each.tenant().equals(tenant))
                .map(Subject::scope)
                .toList();
    }

    /** The tenants that are full or have full scopes. */
    Set<Tenant> tenants() {
        Set<Tenant> some = new HashSet<>(tenants);
        scopes.forEach(each -> some.add(each.tenant()));
        return some;
    }

    boolean isFull(Subject scope) {
        return scopes.contains(scope);
    }

    boolean isFull(Tenant tenant) {
        return tenants.contains(tenant);
    }
}
