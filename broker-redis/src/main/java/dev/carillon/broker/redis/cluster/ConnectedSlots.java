package dev.carillon.broker.redis.cluster;

import dev.carillon.broker.AffectedTenants;
import dev.carillon.scope.Tenant;
import java.util.BitSet;
import java.util.Set;

/** The tenants for which a cluster is connected: those in slots of connected servers, without those that move. Immutable. */
final class ConnectedSlots {
    static final ConnectedSlots NONE = new ConnectedSlots(new BitSet(), Set.of());

    private final BitSet slots;
    private final Set<Tenant> moving;

    /** @param moving tenants with interests that are not joined at the server that has them now */
    ConnectedSlots(BitSet slots, Set<Tenant> moving) {
        this.slots = (BitSet) slots.clone();
        this.moving = Set.copyOf(moving);
    }

    boolean contains(Tenant tenant) {
        return slots.get(ClusterSlots.slotOf(tenant)) && !moving.contains(tenant);
    }

    boolean isComplete() {
        return moving.isEmpty() && slots.cardinality() == ClusterSlots.COUNT;
    }

    ConnectedSlots without(BitSet lost) {
        BitSet left = (BitSet) slots.clone();
        left.andNot(lost);
        return new ConnectedSlots(left, moving);
    }

    ConnectedSlots within(BitSet some, Set<Tenant> nowMoving) {
        BitSet both = (BitSet) slots.clone();
        both.and(some);
        return new ConnectedSlots(both, nowMoving);
    }

    /** Whether {@link #minus} may contain a tenant. */
    boolean exceeds(ConnectedSlots other) {
        BitSet more = (BitSet) slots.clone();
        more.andNot(other.slots);
        return !more.isEmpty() || other.moving.stream().anyMatch(this::contains);
    }

    /** The tenants of this that the other does not contain. */
    AffectedTenants minus(ConnectedSlots other) {
        return tenant -> contains(tenant) && !other.contains(tenant);
    }

    /** The tenants of this in some slots. */
    ConnectedSlots in(BitSet some) {
        return within(some, moving);
    }
}
