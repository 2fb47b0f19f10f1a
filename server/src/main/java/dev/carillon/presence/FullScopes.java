package dev.carillon.presence;

import dev.carillon.broker.Store;
import dev.carillon.scope.Tenant;
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

    boolean isFull(Subject scope) {
        return scopes.contains(scope);
    }

    boolean isFull(Tenant tenant) {
        return tenants.contains(tenant);
    }
}
