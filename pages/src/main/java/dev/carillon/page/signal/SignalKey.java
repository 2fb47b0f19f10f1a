package dev.carillon.page.signal;

import dev.carillon.scope.Scope;
import java.util.Locale;

/** Identifies a signal of a tenant. */
public record SignalKey(Scope scope, String name) {
    /** For traces: without the id of a tab or session. */
    public String shown() {
        return switch (scope.kind()) {
            case TAB, SESSION, USER, GLOBAL, SYSTEM ->
                name + " of the " + scope.kind().name().toLowerCase(Locale.ROOT);
            case ROUTE, TOPIC -> name + " of " + scope;
        };
    }

    @Override
    public String toString() {
        return "signal \"" + name + "\" of scope " + scope;
    }
}
