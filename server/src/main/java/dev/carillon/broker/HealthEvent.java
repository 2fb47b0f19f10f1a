package dev.carillon.broker;

import dev.carillon.scope.Tenant;

/** A change in the health of the link to the broker, for all tenants or for some. */
public sealed interface HealthEvent {
    AffectedTenants tenants();

    default boolean affects(Tenant tenant) {
        return tenants().contains(tenant);
    }

    /** The connection was lost, the server does not answer on it, or the tenants move to another server. */
    record Unavailable(String reason, AffectedTenants tenants) implements HealthEvent {
        /** For all tenants. */
        public Unavailable(String reason) {
            this(reason, AffectedTenants.ALL);
        }
    }

    /** The connection was restored and all interests of these tenants are joined again; {@link PossibleLoss} follows. */
    record Connected(AffectedTenants tenants) implements HealthEvent {
        /** For all tenants. */
        public Connected() {
            this(AffectedTenants.ALL);
        }
    }

    /** Events or changes may have been missed: compare heads and list watched kinds again. */
    record PossibleLoss(String reason, AffectedTenants tenants) implements HealthEvent {
        /** For all tenants. */
        public PossibleLoss(String reason) {
            this(reason, AffectedTenants.ALL);
        }
    }
}
