package dev.carillon.page.signal;

import dev.carillon.scope.Scope;

/** Identifies a signal of a tenant. */
public record SignalKey(Scope scope, String name) {
    @Override
    public String toString() {
        return "signal \"" + name + "\" of scope " + scope;
    }
}
