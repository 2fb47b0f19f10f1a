package dev.carillon.auth;

import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopeSelector;
import java.util.Set;

/** Selects some scopes by their names; looking one up takes constant time. */
record ScopeSet(Set<Scope> scopes) implements ScopeSelector {
    ScopeSet {
        scopes = Set.copyOf(scopes);
    }

    @Override
    public boolean matches(Scope scope) {
        return scopes.contains(scope);
    }
}
