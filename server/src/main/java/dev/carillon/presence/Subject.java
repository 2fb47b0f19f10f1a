package dev.carillon.presence;

import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import org.jspecify.annotations.Nullable;

/**
 * What is recorded as present: a user in a scope, or the scope itself, which is occupied as long as a user is in it.
 *
 * @param user null: the scope
 */
record Subject(Tenant tenant, Scope scope, @Nullable String user) {
    boolean isScope() {
        return user == null;
    }

    Subject ofScope() {
        return isScope() ? this : new Subject(tenant, scope, null);
    }

    Change.Kind entered() {
        return isScope() ? Change.Kind.OCCUPIED : Change.Kind.JOINED;
    }

    Change.Kind left() {
        return isScope() ? Change.Kind.VACATED : Change.Kind.LEFT;
    }
}
