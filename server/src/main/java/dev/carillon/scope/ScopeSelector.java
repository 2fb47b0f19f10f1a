package dev.carillon.scope;

/** A set of scopes, as used in {@code Grants}. Implementations are immutable and do not block. */
public interface ScopeSelector {
    /** Whether the scope is in the set. Called for every broadcast and every private event, on any thread. */
    boolean matches(Scope scope);
}
