package dev.carillon.broker;

import dev.carillon.scope.Tenant;

/** The tenants that a change in the health of the broker affects: all, or those of a part that fails on its own. */
@FunctionalInterface
public interface AffectedTenants {
    AffectedTenants ALL = tenant -> true;

    /** Never blocks. */
    boolean contains(Tenant tenant);
}
