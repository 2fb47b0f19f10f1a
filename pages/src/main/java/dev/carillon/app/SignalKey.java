package dev.carillon.app;

import dev.carillon.scope.Scope;

/** Identifies a signal of a tenant. */
record SignalKey(Scope scope, String name) {
    @Override
    public String toString() {
        return "signal \"" + name + "\" of scope " + scope;
    }
}
