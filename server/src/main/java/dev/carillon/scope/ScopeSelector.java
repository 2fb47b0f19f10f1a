package dev.carillon.scope;

/** Says which scopes are meant: what a grant is made of. Immutable. */
public interface ScopeSelector {
    boolean matches(Scope scope);
}
