package dev.carillon.broker;

import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import org.jspecify.annotations.Nullable;

/**
 * What a node wants to be handed: one scope of a tenant, or all of it.
 *
 * @param scope null: all of the tenant
 */
public record Interest(Tenant tenant, @Nullable Scope scope) {
    public static Interest in(Tenant tenant, Scope scope) {
        return new Interest(scope.kind() == Scope.Kind.SYSTEM ? Tenant.SYSTEM : tenant, scope);
    }

    public static Interest all(Tenant tenant) {
        return new Interest(tenant, null);
    }

    public boolean covers(Event event) {
        return tenant.equals(event.tenant()) && (scope == null || event.scopes().contains(scope));
    }

    @Override
    public String toString() {
        return tenant + "/" + (scope == null ? "*" : scope.text());
    }
}
